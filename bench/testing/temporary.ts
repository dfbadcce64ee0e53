/**
 * Records in temporary directories, for tests of the runner.
 *
 * @module
 */
import { sha256 } from "../canonical.ts";

/** Names of all files below a directory and hashes of their bytes, without what lies outside the chain. */
export async function bytesOf(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const visit = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${directory}/${path}`)) {
      if (isDirectory) await visit(`${path}${name}/`);
      else files[path + name] = sha256(await Deno.readFile(`${directory}/${path}${name}`));
    }
  };
  await visit("");
  for (const name of ["timing.jsonl", "environment.json"]) delete files[name];
  return files;
}

/** Does some work in a directory that is gone afterwards. */
export async function inTemporary(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
