/**
 * Which files a commit has, as far as the cache knows.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { readWhole } from "./atomic.ts";
import type { Connection } from "./connection.ts";
import type { Repository } from "./repository.ts";
import { cachedIn, folderIn, type HubFile, OID } from "./snapshot.ts";

/**
 * The files of a commit, from the list that Podium or Python has kept. Offline, those of a model that are in its folder:
 * of a data set some files would pass for all.
 */
export async function knownFiles(
  repository: Repository,
  commit: string,
  connection: Connection,
): Promise<HubFile[] | undefined> {
  const folder = cachedIn(repository, connection);
  const own = await readWhole(`${folder}/.podium/${commit}.json`);
  if (own !== undefined) return JSON.parse(own);
  const python = await readWhole(`${folder}/trees/${commit}.json`);
  const listed = python === undefined ? undefined : filesOfTree(python);
  if (listed || !connection.offline || repository.kind === "dataset") return listed;
  const files: HubFile[] = [];
  await collect(folderIn({ repository, commit }, connection), "", files);
  return files.length > 0 ? inOrder(files) : undefined;
}

/** Files by path, in the order in which they are listed everywhere. */
export function inOrder(files: readonly HubFile[]): HubFile[] {
  return files.toSorted((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/** Python's list; undefined if it is of a format that is not known. */
function filesOfTree(text: string): HubFile[] | undefined {
  try {
    const { format_version: version, files } = JSON.parse(text);
    if (version !== 1) return undefined;
    type Entry = { size: number; blob_id: string; lfs_sha256?: string; lfs_size?: number };
    const found = Object.entries(files as Record<string, Entry>).map(([path, entry]): HubFile => ({
      path,
      size: entry.lfs_size ?? entry.size,
      oid: entry.lfs_sha256 ?? entry.blob_id,
    }));
    return found.every(({ size, oid }) => Number.isSafeInteger(size) && OID.test(oid)) ? inOrder(found) : undefined;
  } catch {
    return undefined;
  }
}

/** What lies in a commit's folder; links name the blobs that they lead to. */
async function collect(folder: string, prefix: string, files: HubFile[]): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name } of entries) {
    const path = `${folder}/${name}`, info = await Deno.stat(path).catch(() => undefined);
    if (info?.isDirectory) await collect(path, `${prefix}${name}/`, files);
    if (!info?.isFile) continue;
    const linked = await Deno.readLink(path).then(basename, () => undefined);
    const oid = linked !== undefined && OID.test(linked) ? linked : await gitHash(path, info.size);
    files.push({ path: prefix + name, size: info.size, oid });
  }
}

/** Git's name for a file's content. */
async function gitHash(path: string, size: number): Promise<string> {
  const hash = createHash("sha1").update(`blob ${size}\0`);
  using file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}
