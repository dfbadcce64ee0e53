/**
 * Cuts samples into runs of the response graphs and lays out their inputs.
 *
 * Which samples share a run, and in which order, depends only on the list of samples: gradients are sums over runs,
 * and floating-point sums depend on their order. A sample's own numbers do not depend on its run: rows of a matrix
 * product are independent, and padding contributes exact zeros.
 *
 * @module
 */
import type { Sample } from "../policy.ts";
import type { Engine } from "./engine.ts";
import type { ModelConfig } from "../model/config.ts";
import { bucketed, chunks, HIDDEN, promptKey, type PromptState, ROWS_PER_RUN } from "./prompts.ts";
import { type Feed, floats, ids } from "./session.ts";

/** Most logits held at once: 128 MiB, which only checkpoints with large vocabularies reach. */
const LOGITS_PER_RUN = 2 ** 25;

/** Samples of one response bucket, to be run together. */
export interface ResponseBatch {
  /** Indices into the list of samples. */
  members: readonly number[];
  sizes: { R: number; t: number; p: number; T: number; positions: number };
}

/** Cuts samples into runs: equal response bucket, neighbours in prompt length. Empty responses have no rows. */
export function responseBatches(
  { vocabularySize }: ModelConfig,
  samples: readonly Sample[],
  padding = 0,
): ResponseBatch[] {
  const rows = Math.min(ROWS_PER_RUN, Math.floor(LOGITS_PER_RUN / vocabularySize));
  const buckets = new Map<number, number[]>();
  samples.forEach(({ response }, i) => {
    if (response.length === 0) return;
    const t = bucketed(response.length + padding);
    buckets.set(t, [...buckets.get(t) ?? [], i]);
  });
  return [...buckets].sort(([a], [b]) => a - b).flatMap(([t, members]) => {
    const byPrompt = members.sort((a, b) => samples[a].prompt.length - samples[b].prompt.length || a - b);
    return chunks(byPrompt, Math.max(1, Math.floor(rows / t))).map((chunk) => {
      const longest = Math.max(...chunk.map((i) => samples[i].prompt.length - 1));
      const p = bucketed(longest + padding);
      return { members: chunk, sizes: { R: chunk.length, t, p, T: t + p, positions: longest + t + 1 } };
    });
  });
}

/** The inputs of the response graphs for one batch. */
export function responseFeeds(
  engine: Engine,
  batch: ResponseBatch,
  samples: readonly Sample[],
  prompts: Map<string, PromptState>,
  temperature: number,
): Record<string, Feed> {
  const { R, t, p, T } = batch.sizes, { heads, keyValueHeads, headSize, layers } = engine.config;
  const tokens = new Int32Array(R * t), positions = new Int32Array(R * t), targets = new Int32Array(R * t);
  const queries = heads / keyValueHeads, width = keyValueHeads * headSize;
  const mask = new Float32Array(R * t * queries * T);
  const triangle = causalMask(t, queries, T);
  const states = batch.members.map((i) => prompts.get(promptKey(samples[i].prompt))!);
  batch.members.forEach((index, r) => {
    const { prompt, response } = samples[index];
    for (let i = 0; i < t; i++) {
      tokens[r * t + i] = i === 0 ? prompt[prompt.length - 1] : i < response.length ? response[i - 1] : 0;
      targets[r * t + i] = i < response.length ? response[i] : 0;
      positions[r * t + i] = prompt.length - 1 + i;
    }
    const start = r * t * queries * T;
    mask.set(triangle, start);
    for (let row = 0; row < t * queries; row++) {
      mask.fill(0, start + row * T + t, start + row * T + t + states[r].length);
    }
  });
  const feeds: Record<string, Feed> = {
    tokens: ids(tokens),
    positions: ids(positions),
    targets: ids(targets),
    mask: floats(mask, [R, 1, t * queries, T]),
    inverse_temperature: floats(Float32Array.of(1 / temperature), [1]),
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, part] of [["k", "keys"], ["v", "values"]] as const) {
      const rows = new Float32Array(R * p * width);
      states.forEach((state, r) => rows.set(state[part][layer], r * p * width));
      feeds[`prefix_${name}${layer}`] = floats(rows, [R * p, width]);
    }
  }
  return feeds;
}

/** 0 on a token's own and earlier tokens, hidden elsewhere; the prefix columns are hidden and opened per sequence. */
function causalMask(t: number, queries: number, T: number): Float32Array {
  const mask = new Float32Array(t * queries * T).fill(HIDDEN);
  for (let row = 0; row < t * queries; row++) mask.fill(0, row * T, row * T + Math.floor(row / queries) + 1);
  return mask;
}
