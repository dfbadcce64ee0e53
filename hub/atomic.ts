/**
 * Small files of the cache: whole or absent, whoever else writes them.
 *
 * @module
 */

import { dirname } from "node:path";

/** Writes a file under another name and then renames it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: dirname(path), prefix: ".unfinished-" });
  await Deno.writeTextFile(unfinished, text);
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
