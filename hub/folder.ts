/**
 * Some files of a commit as a directory, for those who read a directory: `models--OWNER--NAME/snapshots/COMMIT/`.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { pathOf } from "./download.ts";
import { cachedIn, type HubFile, type Snapshot } from "./snapshot.ts";

/**
 * The directory, with these files in it; what is not in the cache is fetched. It may hold others, of the same commit.
 * They are further names of the blobs (hard links), so that commits share what they have in common.
 */
export async function folderOf(
  snapshot: Snapshot,
  files: readonly HubFile[],
  connection: Connection,
): Promise<string> {
  const folder = `${cachedIn(snapshot.repository, connection)}/snapshots/${snapshot.commit}`;
  await Deno.mkdir(folder, { recursive: true });
  for (const file of files) {
    const name = `${folder}/${file.path}`;
    await Deno.mkdir(name.slice(0, name.lastIndexOf("/")), { recursive: true });
    await link(await pathOf(snapshot, file, connection), name);
  }
  return folder;
}

async function link(blob: string, name: string): Promise<void> {
  try {
    await Deno.link(blob, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    const [there, wanted] = await Promise.all([Deno.stat(name), Deno.stat(blob)]);
    if (there.ino === wanted.ino) return;
    // The blob was damaged and fetched anew.
    await Deno.remove(name);
    await Deno.link(blob, name);
  }
}
