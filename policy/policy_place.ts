/**
 * Where a policy's directory stands: its name is only ever that of a whole policy.
 *
 * @module
 */
import { reasonOf } from "./reason.ts";

/** The directory itself, or the one that a killed {@linkcode writeDirectory} had moved out of the way. */
export async function settled(path: string): Promise<string> {
  if (await exists(path)) return path;
  const replaced = replacedName(path);
  if (await exists(replaced)) return replaced;
  throw new Error(`${path}: there is no such policy directory.`);
}

/** Renames `temporary` to `path`, moving a policy that is there out of the way first and deleting it afterwards. */
export async function takeName(temporary: string, path: string): Promise<void> {
  const replaced = replacedName(path);
  if (await exists(path)) {
    await Deno.remove(replaced, { recursive: true }).catch(() => {});
    await Deno.rename(path, replaced);
  }
  await Deno.rename(temporary, path);
  await Deno.remove(replaced, { recursive: true }).catch(() => {});
}

/** Refuses a path that holds something else than a policy, or an empty directory. */
export async function refuseForeign(path: string): Promise<void> {
  if (!await exists(path)) return;
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) throw new Error(`${path}: it is a file; a policy is written as a directory.`);
  for await (const _ of Deno.readDir(path)) {
    const weights = await exists(`${path}/model.safetensors`) || await exists(`${path}/model.safetensors.index.json`);
    if (weights && await exists(`${path}/config.json`)) return;
    throw new Error(`${path}: it holds files that are no policy; name a new or empty directory.`);
  }
}

function replacedName(path: string): string {
  const { parent, name } = split(path);
  return `${parent}/.${name}.replaced`;
}

/** The directory that a path is in, and its name there. */
export function split(path: string): { parent: string; name: string } {
  const trimmed = path.replace(/[/\\]+$/, "");
  const cut = Math.max(trimmed.lastIndexOf("/"), trimmed.lastIndexOf("\\"));
  return { parent: cut < 0 ? "." : trimmed.slice(0, cut) || "/", name: trimmed.slice(cut + 1) };
}

/** Whether something has this path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw new Error(`${path}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
}
