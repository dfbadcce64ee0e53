/**
 * Opens a policy, or a critic, from a directory, on the CPU or on the GPU.
 *
 * Back ends are loaded when they are asked for: the one on the GPU must run where there is no onnxruntime.
 *
 * @module
 */
import type { LoraOptions } from "./adapters.ts";
import { criticOf } from "./critic_of.ts";
import { openDirectory, type PolicyDirectory } from "./directory.ts";
import type { Critic, Policy } from "./policy.ts";
import { storageOf } from "./storage.ts";
import { loadTokenizer, noTokenizer } from "./tokenizer.ts";
import type { Room, RunSizes } from "./webgpu/sizes.ts";

/**
 * What computes a policy: onnxruntime on the `cpu`; the machine's GPU (`webgpu`); also one that is played by a CPU
 * (`webgpu-software`, for tests, slower than `cpu`).
 */
export type Backend = "cpu" | "webgpu" | "webgpu-software";

/** Where and how a policy runs. */
export interface OpenOptions {
  /** What computes it. Default `cpu`. */
  backend?: Backend;
  /** Threads per session, on the CPU. Default 1. */
  threads?: number;
  /**
   * On the GPU, whether training forgets the values within a layer and computes them again for the backward: no bit
   * changes, an update costs one more forward of the layers, and a token needs less memory beside the weights. For the
   * Qwen2.5-0.5B shape (24 layers of hidden 896) 234 kB in place of 2109 kB, for hidden 128 × 4 layers 14 kB in place of
   * 38 kB; in either case 80 kB and 2 kB more where it is scored. No effect on the CPU. Default false.
   */
  recompute?: boolean;
  /**
   * Trains low-rank adapters (arXiv 2106.09685) in place of the model's own weights, which then need no gradient and no
   * moments; on the GPU only. Saving merges them; saved with its optimizer, a policy goes on with its adapters whether
   * they are named again or not. A critic has none.
   */
  lora?: LoraOptions;
  /**
   * What matrices are in while responses are drawn. With `f16`, on the GPU only, decoding reads half as much memory, and
   * its log-probs are no longer those of scoring: what is trained differs a little from what was drawn. Default `f32`.
   */
  rolloutWeights?: "f32" | "f16";
  /**
   * On the GPU, whether the policy is only asked, never trained: it then takes no memory for a gradient and for moments.
   * Default false.
   */
  frozen?: boolean;
  /**
   * On the GPU, the most that is computed at once, to need less memory. With fewer `tokens` or `scored` gradients differ
   * in their last bits, which are sums over runs; of the rest nothing depends. Default: the most that can be.
   */
  sizes?: Partial<RunSizes>;
  /** On the GPU, what is made room for from the start, so that nothing grows later: the room of a memory plan. */
  room?: Room;
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
  using files = await openDirectory(directory);
  if (files.config.valueHead) {
    throw new Error(`${directory}: it holds a critic, which says no tokens; open it with openCritic().`);
  }
  const tokenizer = options.tokenizer === false
    ? noTokenizer(directory, files.config.vocabularySize)
    : await loadTokenizer(directory);
  if (options.backend !== "webgpu" && options.backend !== "webgpu-software") {
    if (options.lora || files.adapters) {
      throw new Error(
        options.lora
          ? `${directory}: adapters (lora) are trained on the GPU only; choose the back end webgpu, or leave them out.`
          : `${directory}: it holds adapters in training, which only the GPU computes; choose the back end webgpu, or ` +
            "delete its lora.safetensors to use the merged weights.",
      );
    }
    if (options.rolloutWeights === "f16") {
      throw new Error(
        `${directory}: rollouts with float16 weights are for the GPU; choose the back end webgpu, or f32.`,
      );
    }
    const { createCpuPolicy } = await import("./cpu/policy.ts");
    return createCpuPolicy(files.read(), tokenizer, options);
  }
  const { createWebgpuPolicy } = await import("./webgpu/policy.ts");
  const { lora, rolloutWeights } = options;
  return await onGpu(files, options, (gpu) => createWebgpuPolicy(files, tokenizer, { ...gpu, lora, rolloutWeights }));
}

/**
 * Opens a critic that was saved, with its optimizer state if the directory holds one; or makes one from a policy: the
 * policy's weights, with a head of zeros, so that all values are 0 before the first step.
 *
 * @throws {Error} like {@linkcode openPolicy}.
 */
export async function openCritic(
  directory: string,
  options: Pick<OpenOptions, "backend" | "threads" | "recompute" | "sizes" | "room"> = {},
): Promise<Critic> {
  using open = await openDirectory(directory);
  const files = criticOf(open);
  if (options.backend !== "webgpu" && options.backend !== "webgpu-software") {
    const { createCpuCritic } = await import("./cpu/critic.ts");
    return createCpuCritic(files, options);
  }
  const { createWebgpuCritic } = await import("./webgpu/critic.ts");
  return await onGpu(files, options, (gpu) => createWebgpuCritic(files, gpu));
}

/** Makes a network on the shared device, which is released when the network is disposed of. */
async function onGpu<T extends { dispose(): Promise<void> }>(
  files: Pick<PolicyDirectory, "config" | "stopTokens" | "companions">,
  { backend, recompute, frozen, sizes, room }: OpenOptions,
  create: (options: import("./webgpu/trained.ts").WebgpuOptions) => T,
): Promise<T> {
  const { shareGpu } = await import("./webgpu/shared.ts");
  const { gpu, device, release } = await shareGpu({ software: backend === "webgpu-software" });
  try {
    const network = create({ gpu, device, storage: storageOf(files), recompute, frozen, sizes, room });
    const dispose = network.dispose;
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
