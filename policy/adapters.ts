/**
 * Weights with adapters in training (see `model/lora.ts`): how they start, and where they go on.
 *
 * @module
 */
import type { PolicyDirectory } from "./directory.ts";
import { parameterCount, parameterSlots } from "./model/config.ts";
import { type Lora, LORA_TARGETS, type LoraTarget } from "./model/lora.ts";
import { keyOf, uniform } from "./random.ts";
import type { AdapterState } from "./resuming.ts";
import type { OptimizerState } from "./state.ts";
import { followedBy, type Weights } from "./weights.ts";

/** Adapters to train in place of the model's own weights. */
export interface LoraOptions {
  /** Rows of A, columns of B. */
  rank: number;
  /** What adapters add is multiplied by `alpha / rank`. */
  alpha: number;
  /** Rank-stabilised (arXiv 2312.03732): multiplied by `alpha / √rank` instead. Default false. */
  rslora?: boolean;
  /** Which matrices of every layer get one. Default: all linear ones. */
  targets?: readonly LoraTarget[];
  /** Seed of the numbers that A starts with. Default 0. */
  seed?: number;
}

/** What is trained, and from where: the part of a {@linkcode PolicyDirectory} that a back end needs. */
export type Start = Pick<PolicyDirectory, "config"> & { weights: Weights; optimizer?: OptimizerState<Weights> };

/** The same with what a directory says of adapters. */
export type AdaptedStart = Start & Pick<PolicyDirectory, "path"> & { adapters?: AdapterState };

/**
 * Adapters beside the weights of a directory: those it holds, or new ones. A starts uniform in
 * ±1 / √inputs, as PEFT's default does (Kaiming with a = √5), B as zeros, so that nothing is added before the first step.
 *
 * @throws {Error} One sentence, if the options are wrong, or others than those of the directory's adapters.
 */
export function adaptersOf(
  { path, config, weights, adapters }: AdaptedStart,
  options?: LoraOptions,
): Start {
  if (options) checkLora(options);
  if (adapters) {
    const { lora, ...start } = adapters, wanted = options ? loraOf(options) : lora;
    if (describe(wanted) !== describe(lora)) {
      throw new Error(`${path}: it holds adapters with ${describe(lora)}; go on with these, not ${describe(wanted)}.`);
    }
    return { config: { ...config, lora }, ...start };
  }
  if (!options) throw new Error(`${path}: it holds no adapters; say which ones it is to have.`);
  const adapted = { ...config, lora: loraOf(options) }, own = weights.length;
  const added = new Float32Array(parameterCount(adapted) - own);
  for (const { name, shape, offset, length } of parameterSlots(adapted).values()) {
    if (!name.endsWith(".lora_A.weight")) continue;
    const key = keyOf(options.seed ?? 0, "lora", name), bound = 1 / Math.sqrt(shape[1]);
    for (let i = 0; i < length; i++) added[offset - own + i] = bound * (2 * uniform(key, i) - 1);
  }
  return { config: adapted, weights: followedBy(weights, added) };
}

/** Options with their defaults, targets in the usual order. */
export function loraOf({ rank, alpha, rslora, targets = LORA_TARGETS }: LoraOptions): Lora {
  const ordered = LORA_TARGETS.filter((target) => targets.includes(target));
  return { rank, alpha, ...rslora && { rslora }, targets: ordered };
}

function checkLora({ rank, alpha, targets = LORA_TARGETS, seed = 0 }: LoraOptions): void {
  if (!Number.isSafeInteger(rank) || rank < 1) throw new RangeError(`The rank of LoRA is ${rank}; use 1, 2, 3, ….`);
  if (!(alpha > 0 && alpha < Infinity)) throw new RangeError(`LoRA's alpha is ${alpha}; use a positive number.`);
  const other = targets.find((target) => !LORA_TARGETS.includes(target));
  if (other !== undefined || targets.length === 0) {
    throw new RangeError(`LoRA has the target ${other ?? "of nothing"}; use some of ${LORA_TARGETS.join(", ")}.`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`LoRA's seed is ${seed}; use 0, 1, 2, ….`);
}

function describe({ rank, alpha, rslora, targets }: Lora): string {
  return `rank ${rank}, alpha ${alpha}${rslora ? ", rslora" : ""} and targets ${targets.join(", ")}`;
}
