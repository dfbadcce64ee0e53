/**
 * Where a suite's policy, and the critic that starts from it, are read from.
 *
 * @module
 */
import type { Backend, OpenOptions } from "../policy/mod.ts";
import type { ModelConfig } from "../policy/model/config.ts";
import type { Critic, Policy, Tokenizer } from "../policy/policy.ts";
import { type BackendChoice, chosenBackend } from "./backend.ts";
import { type EndpointPolicyOptions, isEndpoint, openEndpointPolicy } from "./context/endpoint_policy.ts";
import { fetchDescription, fetchPolicy, isHub } from "./hub_policy.ts";
import { isOnnx, onnxDirectory } from "./onnx_source.ts";
import { Refusal } from "./outcomes.ts";

const prefix = "embedded:";

/** The policies that come with Podium by the task they learned. */
const basePolicies: Readonly<Record<string, string>> = {
  gsm8k: "embedded:base",
  math: "embedded:math",
  web_search: "embedded:search",
};

/** The policy that comes with Podium for a task; undefined where there is none. */
export function basePolicyOf(task: string): string | undefined {
  return Object.hasOwn(basePolicies, task) ? basePolicies[task] : undefined;
}

/** Whether a source names a policy that comes with Podium. */
export const isEmbedded = (source: string): boolean => source.startsWith(prefix);

/** Directory of a policy that comes with Podium, or the directory itself. */
export function policyDirectory(source: string): string {
  if (!isEmbedded(source)) return source;
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

/** Opens what is in the directory of a policy; `open` is given the directory. */
async function opened<T>(source: string, open: (directory: string) => Promise<T>): Promise<T> {
  if (isEmbedded(source) && !import.meta.url.startsWith("file:")) {
    const copy = await fetchEmbedded(new URL(`../fixtures/${source.slice(prefix.length)}/`, import.meta.url));
    try {
      return await open(copy);
    } finally {
      await Deno.remove(copy, { recursive: true });
    }
  }
  if (isHub(source)) return await open((await fetchPolicy(source)).directory);
  const directory = policyDirectory(source);
  const found = await Deno.stat(directory).then((entry) => entry.isDirectory, () => false);
  if (!found) {
    throw new Refusal(
      isEmbedded(source)
        ? `policy ${source}: there is no such embedded policy (there are ${Object.values(basePolicies).join(", ")}); ` +
          "choose one of them or give a directory."
        : /^[\w.-]+\/[\w.-]+$/.test(source)
        ? `policy ${source}: no such directory; give one with config.json and model.safetensors, or hub:${source} if the ` +
          "hub has it."
        : `policy ${source}: no such directory; give a directory with config.json and model.safetensors.`,
    );
  }
  return await open(directory);
}

/** A source as a cell keeps it: a policy of the hub, which is fetched, by its commit. */
export async function pinnedPolicy(source: string): Promise<string> {
  return isHub(source) ? (await fetchPolicy(source)).pinned : source;
}

/** Whether there is something to describe: a policy of weights that a GPU may compute. */
export const isDescribed = (source: string): boolean => !isEndpoint(source) && source !== `${prefix}table`;

/** Reads something of a policy that is known before its weights are read, or fetched. */
async function beforeWeights<T>(source: string, read: (directory: string) => Promise<T>): Promise<T> {
  return isHub(source) ? await read((await fetchDescription(source)).directory) : await opened(source, read);
}

/** The shape of a policy. */
export async function configOf(source: string): Promise<ModelConfig> {
  const { readConfig } = await import("../policy/directory.ts");
  return await beforeWeights(source, readConfig);
}

/** The tokenizer of a policy. */
export async function tokenizerOf(source: string): Promise<Tokenizer> {
  const { loadTokenizer } = await import("../policy/tokenizer.ts");
  return await beforeWeights(source, loadTokenizer);
}

/** The back end that computes a source on this machine, by what was chosen. */
export async function backendFor(source: string, choice: BackendChoice): Promise<Backend> {
  if (!isOnnx(source)) return await chosenBackend(choice);
  if (choice === "auto" || choice === "cpu") return "cpu";
  throw new Refusal(`policy ${source}: ONNX files run on the CPU; leave the back end ${choice} out.`);
}

/** Opens the ONNX files that a source names. */
async function openOnnxSource(source: string, tokenizer?: boolean): Promise<Policy> {
  const { directory, file } = isHub(source) ? await fetchPolicy(source) : onnxDirectory(source);
  if (!await Deno.stat(directory).then((entry) => entry.isDirectory, () => false)) {
    throw new Refusal(`policy ${source}: no such directory; give one with config.json and onnx/model.onnx.`);
  }
  const { openOnnxPolicy } = await import("../policy/mod.ts");
  return await openOnnxPolicy(directory, { file, threads: 1, tokenizer });
}

/** How a source is opened. */
export interface SourceOptions {
  /** What computes it. Default `cpu`. */
  backend?: Backend;
  /** Whether a GPU trains with less memory, for more time. Default false. */
  recompute?: boolean;
  /** On a GPU, the most that is computed at once. */
  sizes?: OpenOptions["sizes"];
  /** On a GPU, what is made room for from the start. */
  room?: OpenOptions["room"];
  /** How a policy behind an endpoint is asked. */
  endpoint?: EndpointPolicyOptions;
}

/**
 * Opens a policy: a directory in the Hugging Face layout, `hub:OWNER/NAME[@REVISION]` for one of the hub, `embedded:NAME`
 * for one that comes with Podium, or `embedded:table`, the test policy without a network; `endpoint:URL#MODEL` for one
 * that is only asked; `onnx:DIRECTORY[#FILE]` or `hub:OWNER/NAME[@REVISION]#FILE` for the ONNX files of a frozen one.
 *
 * @param options `frozen`: whether it is never trained; `lora`: adapters to train in place of the weights; `rolloutWeights`: what matrices are in while
 * responses are drawn; `tokenizer`: whether text is needed, false opens a checkpoint that has no tokenizer
 */
export async function openSource(
  source: string,
  options: SourceOptions & Pick<OpenOptions, "lora" | "rolloutWeights" | "tokenizer" | "frozen"> = {},
): Promise<Policy> {
  const { endpoint, ...computing } = options;
  if (isEndpoint(source)) return await openEndpointPolicy(source, endpoint);
  if (isOnnx(source)) return await openOnnxSource(source, options.tokenizer);
  if (source === `${prefix}table`) {
    if (options.lora) throw new Refusal(`policy ${source}: a table has no matrices to put adapters beside; drop lora.`);
    const { openTablePolicy } = await import("./testing/table_policy.ts");
    return await openTablePolicy();
  }
  const { openPolicy } = await import("../policy/mod.ts");
  return await opened(source, (directory) => openPolicy(directory, { threads: 1, ...computing }));
}

/** Makes the critic that the training of a policy begins with, from the policy's own source. */
export async function openCriticSource(source: string, options: SourceOptions = {}): Promise<Critic> {
  if (source === `${prefix}table`) {
    const { openTableCritic } = await import("./testing/table_critic.ts");
    return await openTableCritic();
  }
  const { openCritic } = await import("../policy/mod.ts");
  return await opened(source, (directory) => openCritic(directory, { threads: 1, ...options }));
}
