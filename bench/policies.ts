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
  return decodeURIComponent(new URL(`../fixtures/${source.slice(prefix.length)}/`, import.meta.url).pathname);
}

/** Files of a policy that comes with Podium. */
const files = [
  "config.json",
  "generation_config.json",
  "model.safetensors",
  "tokenizer.json",
  "tokenizer_config.json",
];

/**
 * Copies an embedded policy from where this package was loaded from, if that is not a disk, to a temporary directory,
 * which the caller removes; an open policy no longer needs it.
 */
export async function fetchEmbedded(url: URL, get: (url: URL) => Promise<Response> = fetch): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "podium-policy-" });
  for (const file of files) {
    const response = await get(new URL(file, url));
    if (!response.ok) {
      throw new Refusal(`${response.url}: can't be read (status ${response.status}); give a directory with --policy.`);
    }
    await Deno.writeFile(`${directory}/${file}`, new Uint8Array(await response.arrayBuffer()));
  }
  return directory;
}

/**
 * Opens a policy: a directory in the Hugging Face layout, `embedded:NAME` for one that comes with Podium, or
 * `embedded:table`, the test policy without a network.
 *
 * @param saved a directory with weights and optimizer state to continue from, in place of the source's own
 * @param tokenizer whether text is needed; false opens a checkpoint that has no tokenizer
 */
export async function openSource(source: string, saved?: string, tokenizer = true): Promise<Policy> {
  if (source === `${prefix}table`) {
    const { openTablePolicy } = await import("./testing/table_policy.ts");
    return await openTablePolicy(saved);
  }
  const directory = policyDirectory(source);
  const { openPolicy } = await import("../policy/mod.ts");
  if (saved) return await openPolicy(saved, { threads: 1, tokenizer });
  if (source.startsWith(prefix) && !import.meta.url.startsWith("file:")) {
    const copy = await fetchEmbedded(new URL(`../fixtures/${source.slice(prefix.length)}/`, import.meta.url));
    try {
      return await openPolicy(copy, { threads: 1, tokenizer });
    } finally {
      await Deno.remove(copy, { recursive: true });
    }
  }
  const found = await Deno.stat(directory).then((entry) => entry.isDirectory, () => false);
  if (!found) {
    throw new Refusal(
      source.startsWith(prefix)
        ? `policy ${source}: there is no such embedded policy; make it with \`deno task pretrain\` or give a directory.`
        : `policy ${source}: no such directory; give a directory with config.json and model.safetensors.`,
    );
  }
  return await openPolicy(directory, { threads: 1, tokenizer });
}
