/**
 * Keys and values of prompts, computed once per prompt and weight version and shared by sampling, scoring and training.
 *
 * A prompt's last token is not part of it (the response stream starts there), so a one-token prompt has none. Prompts
 * are padded on the right to a multiple of {@linkcode BUCKET} tokens; causality makes the padding invisible.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { floats, ids } from "./session.ts";

/** Lengths are rounded up to multiples of this many tokens: a whole AVX-512 vector of float32. */
export const BUCKET = 16;

/** Tokens per run of a graph: enough for efficient matrix products, few enough to stay in the cache. */
export const ROWS_PER_RUN = 768;

/** Added to attention scores where a query may not look: its exponential is exactly 0. */
export const HIDDEN = -1e30;

/** `length` rounded up to a whole number of buckets, at least one. */
export function bucketed(length: number): number {
  return Math.max(BUCKET, Math.ceil(length / BUCKET) * BUCKET);
}

/** Keys and values of one prompt: per layer `length` rows of keyValueHeads · headSize numbers. */
export interface PromptState {
  readonly tokens: readonly number[];
  /** Rows: the prompt's tokens but the last. */
  readonly length: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

const keys = new WeakMap<readonly number[], string>();

/** The identity of a prompt: arrays of equal tokens have the same. An array must not change once it was asked for. */
export function promptKey(prompt: readonly number[]): string {
  let key = keys.get(prompt);
  if (key === undefined) keys.set(prompt, key = prompt.join(","));
  return key;
}

/** Computes the states of prompts that `known` lacks and adds them to it. */
export async function computePrompts(
  engine: Engine,
  known: Map<string, PromptState>,
  prompts: Iterable<readonly number[]>,
): Promise<void> {
  const missing = new Map<string, readonly number[]>();
  for (const prompt of prompts) {
    const key = promptKey(prompt);
    if (!known.has(key)) missing.set(key, prompt);
  }
  const { layers, keyValueHeads, headSize } = engine.config, width = keyValueHeads * headSize;
  for (const batch of promptBatches([...missing.values()])) {
    const outputs = await engine.run("prompt", promptFeeds(engine, batch), batch.sizes);
    batch.prompts.forEach((tokens, r) => {
      const rows = (name: string) =>
        Array.from({ length: layers }, (_, layer) => {
          const start = r * batch.sizes.t * width;
          return outputs[`${name}${layer}`].slice(start, start + (tokens.length - 1) * width);
        });
      known.set(promptKey(tokens), { tokens, length: tokens.length - 1, keys: rows("k"), values: rows("v") });
    });
  }
  for (const [key, tokens] of missing) {
    if (!known.has(key)) known.set(key, { tokens, length: 0, keys: emptyLayers(layers), values: emptyLayers(layers) });
  }
}

/**
 * Forgets the states that were computed first, until those that stay have at most so many numbers: a policy that is
 * never updated would keep every prompt it ever saw. One that comes back is computed again, to the same bits.
 */
export function forgetOldest(known: Map<string, PromptState>, most: number): void {
  const size = ({ keys, values }: PromptState) => [...keys, ...values].reduce((sum, { length }) => sum + length, 0);
  let kept = 0;
  for (const state of known.values()) kept += size(state);
  for (const [key, state] of known) {
    if (kept <= most) return;
    known.delete(key);
    kept -= size(state);
  }
}

function emptyLayers(layers: number): Float32Array[] {
  return Array.from({ length: layers }, () => new Float32Array(0));
}

/** Prompts of one bucket, to be run together. */
export interface PromptBatch {
  prompts: readonly (readonly number[])[];
  sizes: { R: number; t: number; T: number; p: number; positions: number };
}

/** Cuts prompts into runs: equal bucket, in the order given. One-token prompts have no rows and are left out. */
export function promptBatches(prompts: readonly (readonly number[])[]): PromptBatch[] {
  const buckets = new Map<number, (readonly number[])[]>();
  for (const prompt of prompts) {
    if (prompt.length === 1) continue;
    const t = bucketed(prompt.length - 1);
    buckets.set(t, [...buckets.get(t) ?? [], prompt]);
  }
  return [...buckets].sort(([a], [b]) => a - b).flatMap(([t, members]) =>
    chunks(members, Math.max(1, Math.floor(ROWS_PER_RUN / t))).map((chunk) => ({
      prompts: chunk,
      sizes: { R: chunk.length, t, T: t, p: 0, positions: t },
    }))
  );
}

/** The inputs of the prompt graphs for one batch. */
export function promptFeeds(engine: Engine, { prompts, sizes: { R, t } }: PromptBatch) {
  const tokens = new Int32Array(R * t), positions = new Int32Array(R * t);
  prompts.forEach((prompt, r) => {
    for (let i = 0; i < t; i++) {
      tokens[r * t + i] = i < prompt.length - 1 ? prompt[i] : 0;
      positions[r * t + i] = i;
    }
  });
  const queries = engine.config.heads / engine.config.keyValueHeads;
  const mask = new Float32Array(t * queries * t).fill(HIDDEN);
  for (let i = 0; i < t; i++) {
    for (let j = 0; j < queries; j++) mask.fill(0, (i * queries + j) * t, (i * queries + j) * t + i + 1);
  }
  const needsMask = engine.config.layers > 1;
  return {
    tokens: ids(tokens),
    positions: ids(positions),
    ...(needsMask ? { mask: floats(mask, [1, 1, t * queries, t]) } : {}),
  };
}

/** Consecutive pieces of at most `size` members. */
export function chunks<T>(members: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(members.length / size) }, (_, i) => members.slice(i * size, (i + 1) * size));
}
