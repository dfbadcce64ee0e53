/**
 * Directories that are there as a whole or not at all.
 *
 * @module
 */
import { reasonOf } from "../policy/reason.ts";
import { Refusal } from "./outcomes.ts";

/** Refuses a directory that holds something already. */
async function requireEmpty(path: string): Promise<void> {
  try {
    for await (const _ of Deno.readDir(path)) {
      throw new Refusal(`${path}: there is something already; give a new directory, or delete that one.`);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (error instanceof Deno.errors.NotFound) return;
    throw new Refusal(`${path}: can't be used (${reasonOf(error)}); give a new directory.`);
  }
}

/**
 * Has a new directory written under another name, and gives it its own when all is done. What was written until an
 * error is removed.
 *
 * @throws {Refusal} if there is something at `path` already, or nothing can be written there.
 */
export async function wholeDirectory(path: string, write: (directory: string) => Promise<void>): Promise<void> {
  const whole = path.replace(/(.)\/+$/, "$1"), partial = `${whole}.partial`;
  if (whole === "") throw new Refusal("the directory to write has no name; give one.");
  await requireEmpty(whole);
  await Deno.remove(partial, { recursive: true }).catch(() => {});
  try {
    await Deno.mkdir(partial, { recursive: true });
  } catch (error) {
    throw new Refusal(`${path}: can't write there (${reasonOf(error)}); choose another directory.`);
  }
  try {
    await write(partial);
    await Deno.remove(whole).catch(() => {}); // An empty one.
    await Deno.rename(partial, whole);
  } catch (error) {
    await Deno.remove(partial, { recursive: true }).catch(() => {});
    throw error;
  }
}
