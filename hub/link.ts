/**
 * Names in a commit's folder for content that lies elsewhere in the cache.
 *
 * @module
 */

import { dirname, relative } from "node:path";

/**
 * Has `name` lead to a blob, by a relative symbolic link as Python's library makes them; by a hard link or a copy where
 * the system or this process's permissions allow none. A name that leads there already is left alone, and so is one
 * without a blob: on some systems it is the file.
 */
export async function link(blob: string, name: string): Promise<void> {
  const there = await identity(name), wanted = await identity(blob);
  if (wanted === undefined || there === wanted) return;
  await Deno.mkdir(dirname(name), { recursive: true });
  await Deno.remove(name).catch(() => {});
  try {
    await Deno.symlink(relative(dirname(name), blob), name);
  } catch (error) {
    // Another process was faster.
    if (error instanceof Deno.errors.AlreadyExists) return;
    await Deno.link(blob, name).catch(() => Deno.copyFile(blob, name));
  }
}

/** What a path leads to; undefined if there is nothing. */
async function identity(path: string): Promise<string | undefined> {
  return await Deno.stat(path).then(({ dev, ino }) => `${dev} ${ino ?? path}`, () => undefined);
}
