/**
 * Where a suite's policy is read from.
 *
 * @module
 */
import type { Policy } from "../policy/policy.ts";
import { Refusal } from "./outcomes.ts";

const prefix = "embedded:";

/** Directory of a policy that comes with Podium, or the directory itself. */
export function policyDirectory(source: string): string {
  if (!source.startsWith(prefix)) return source;
  const url = new URL(`../fixtures/${source.slice(prefix.length)}/`, import.meta.url);
  return url.protocol === "file:" ? decodeURIComponent(url.pathname) : url.href;
}

/**
 * Opens a policy: a directory in the Hugging Face layout, `embedded:NAME` for one that comes with Podium, or
 * `embedded:table`, the test policy without a network.
 *
 * @param saved a directory with weights and optimizer state to continue from, in place of the source's own
 */
export async function openSource(source: string, saved?: string): Promise<Policy> {
  if (source === `${prefix}table`) {
    const { openTablePolicy } = await import("./testing/table_policy.ts");
    return await openTablePolicy(saved);
  }
  const directory = policyDirectory(source);
  if (!saved) {
    const found = await Deno.stat(directory).then((entry) => entry.isDirectory, () => false);
    if (!found) {
      throw new Refusal(
        source.startsWith(prefix)
          ? `policy ${source}: there is no such embedded policy; make it with \`deno task pretrain\` or give a directory.`
          : `policy ${source}: no such directory; give a directory with config.json and model.safetensors.`,
      );
    }
  }
  const { openPolicy } = await import("../policy/mod.ts");
  return await openPolicy(saved ?? directory, { threads: 1 });
}
