/**
 * Opens a policy, or a critic, from a directory, on the CPU or on the GPU.
 *
 * Back ends are loaded when they are asked for: the one on the GPU must run where there is no onnxruntime.
 *
 * @module
 */
import { criticOf } from "./critic_of.ts";
import { type PolicyDirectory, readDirectory } from "./directory.ts";
import type { Critic, Policy, Tokenizer } from "./policy.ts";
import { storageOf } from "./storage.ts";
import { loadTokenizer } from "./tokenizer.ts";

/**
 * What computes a policy: onnxruntime on the `cpu`; the machine's GPU (`webgpu`); also one that is played by a CPU
 * (`webgpu-software`, for tests, slower than `cpu`).
 */
export type Backend = "cpu" | "webgpu" | "webgpu-software";

/** Names of the back ends. */
export const BACKENDS: readonly Backend[] = ["cpu", "webgpu", "webgpu-software"];

/** Where and how a policy runs. */
export interface OpenOptions {
  /** What computes it. Default `cpu`. */
  backend?: Backend;
  /** Threads per session, on the CPU. Default 1. */
  threads?: number;
  /** False opens a directory that may lack a tokenizer; token ids are then all that works. Default true. */
  tokenizer?: boolean;
}

/**
 * Opens a policy in the Hugging Face layout, with its optimizer state if the directory holds one.
 *
 * @throws {Error} One sentence naming the file, if something is missing, damaged or not supported; or saying what the
 * GPU lacks.
 */
export async function openPolicy(directory: string, options: OpenOptions = {}): Promise<Policy> {
  const files = await readDirectory(directory);
  if (files.config.valueHead) {
    throw new Error(`${directory}: it holds a critic, which says no tokens; open it with openCritic().`);
  }
  const tokenizer = options.tokenizer === false ? noTokenizer(files) : await loadTokenizer(directory);
  if (options.backend !== "webgpu" && options.backend !== "webgpu-software") {
    const { createCpuPolicy } = await import("./cpu/policy.ts");
    return createCpuPolicy(files, tokenizer, options);
  }
  const { createWebgpuPolicy } = await import("./webgpu/policy.ts");
  return await onGpu(options.backend, (gpu) => createWebgpuPolicy(files, tokenizer, gpu), files);
}

/**
 * Opens a critic that was saved, with its optimizer state if the directory holds one; or makes one from a policy: the
 * policy's weights, with a head of zeros, so that all values are 0 before the first step.
 *
 * @throws {Error} like {@linkcode openPolicy}.
 */
export async function openCritic(
  directory: string,
  options: Pick<OpenOptions, "backend" | "threads"> = {},
): Promise<Critic> {
  const files = criticOf(await readDirectory(directory));
  if (options.backend !== "webgpu" && options.backend !== "webgpu-software") {
    const { createCpuCritic } = await import("./cpu/critic.ts");
    return createCpuCritic(files, options);
  }
  const { createWebgpuCritic } = await import("./webgpu/critic.ts");
  return await onGpu(options.backend, (gpu) => createWebgpuCritic(files, gpu), files);
}

/** Makes a network on the shared device, which is released when the network is disposed of. */
async function onGpu<T extends { dispose(): Promise<void> }>(
  backend: Backend,
  create: (options: import("./webgpu/trained.ts").WebgpuOptions) => T,
  files: PolicyDirectory,
): Promise<T> {
  const { shareGpu } = await import("./webgpu/shared.ts");
  const { gpu, device, release } = await shareGpu({ software: backend === "webgpu-software" });
  try {
    const network = create({ gpu, device, storage: storageOf(files) }), dispose = network.dispose;
    return Object.assign(network, {
      async dispose() {
        await dispose();
        release();
      },
    });
  } catch (error) {
    release();
    throw error;
  }
}

function noTokenizer({ path, config }: PolicyDirectory): Tokenizer {
  const refuse = () => {
    throw new Error(`${path}: opened without its tokenizer, so it has no text; use token ids.`);
  };
  return { encode: refuse, decode: refuse, vocabularySize: config.vocabularySize };
}
