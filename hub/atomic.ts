/**
 * Small files of the cache: whole or absent, whoever else writes them.
 *
 * @module
 */

import { dirname } from "node:path";

/** Writes a file under another name in `folder`, above it, and then renames it: of what is half-written nobody asks. */
export async function writeWhole(path: string, text: string, folder: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: folder, prefix: ".unfinished-" });
  await Deno.writeTextFile(unfinished, text);
  if (Deno.build.os !== "windows") await Deno.chmod(unfinished, 0o644); // makeTempFile's are private
  await Deno.rename(unfinished, path);
}

/** The text of a file; undefined if there is none. */
export async function readWhole(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
