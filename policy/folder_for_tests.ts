/**
 * A folder that is there while a test runs.
 *
 * @module
 */

/** Runs with a new temporary folder, which is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
