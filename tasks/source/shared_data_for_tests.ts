/**
 * Tests on published data, which is no part of the repository: they run where `../shared/data` lies beside it.
 *
 * @module
 */

const folder = decodeURIComponent(new URL("../../../shared/data", import.meta.url).pathname);

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** A test that gets the folder of published data, or is reported as ignored, with the reason in its name. */
export function sharedData(name: string, run: (folder: string) => Promise<void>): void {
  const there = exists(folder);
  Deno.test({ name: there ? name : `${name} (skipped: no ${folder})`, ignore: !there, fn: () => run(folder) });
}
