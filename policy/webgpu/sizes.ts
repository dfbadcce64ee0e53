/**
 * How much the GPU computes at once. More is faster and takes more memory.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { MAX_BINDING } from "./device.ts";
import { packLimits } from "./packing.ts";

/**
 * The most that is computed at once. Of `tokens` and `scored` the last bits of gradients depend, which are sums over
 * runs; of the rest, and of log-probs and samples, no bit does.
 */
export interface RunSizes {
  /** Rows of a run of training or scoring: tokens of prompts and responses. */
  tokens: number;
  /** Those of them that are scored. */
  scored: number;
  /** Rows of the cache of keys and values: tokens of prompts and responses under way. */
  cacheRows: number;
  /** Sequences that are decoded together; the others wait. */
  sequences: number;
}

/**
 * Rows of a cache for sequences that take `rows` rows in all and `longest` with their prompt at most: no more than those
 * that are decoded together can use.
 */
export function rowsTogether({ rows, longest }: { rows: number; longest: number }, { sequences }: RunSizes): number {
  return Math.min(rows, sequences * longest);
}

/** What is made room for from the start, so that nothing has to grow; other work still finds what it needs. */
export interface Room {
  /** A run of training. */
  train?: RoomOfRun;
  /** A run of scoring. */
  score?: RoomOfRun;
  /** Rows of the cache, and sequences decoded together. */
  decode?: { rows: number; sequences: number };
}

/** Room for a run. */
export interface RoomOfRun {
  /** Rows. */
  tokens: number;
  /** Those of them that are scored. */
  scored: number;
  /** Different tokens among them. */
  distinct: number;
}

/** Most sequences decoded together, and bytes of all keys and values. */
const MAX_SEQUENCES = 512, MAX_CACHE = 2 ** 32;

/** The largest sizes for a model: each matrix fits into one binding. They depend on nothing but the model. */
export function largestSizes(config: ModelConfig): RunSizes {
  const { layers, keyValueHeads, headSize, vocabularySize } = config, row = 4 * keyValueHeads * headSize;
  return {
    ...packLimits(config),
    cacheRows: Math.floor(Math.min(MAX_BINDING / row, MAX_CACHE / (2 * layers * row))),
    sequences: Math.max(1, Math.min(MAX_SEQUENCES, Math.floor(MAX_BINDING / (4 * vocabularySize)))),
  };
}
