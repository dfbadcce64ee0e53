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
import { bucketed, HIDDEN, promptKey, type PromptState, ROWS_PER_RUN } from "./prompts.ts";
import { type Feed, floats, ids } from "./session.ts";

/** Most outputs of the head held at once: 128 MiB, which only checkpoints with large vocabularies reach. */
const OUTPUTS_PER_RUN = 2 ** 25;

/** Samples to be run together. */
export interface ResponseBatch {
  /** Indices into the list of samples. */
  members: readonly number[];
  sizes: { R: number; t: number; p: number; T: number; positions: number };
}

/**
 * Cuts samples into runs: equal prompt bucket, neighbours in length. Empty responses have no rows.
 *
 * The prompt bucket is the sample's own because keys behind the prefix would otherwise move to other vector lanes;
 * positions behind a response's end are free. `padding` adds unused ones, for tests.
 */
export function responseBatches(
  { vocabularySize, valueHead }: ModelConfig,
  samples: readonly Sample[],
  padding = 0,
): ResponseBatch[] {
  const limit = Math.min(ROWS_PER_RUN, Math.floor(OUTPUTS_PER_RUN / (valueHead ? 1 : vocabularySize)));
  const buckets = new Map<number, number[]>();
  samples.forEach(({ prompt, response }, i) => {
    if (response.length === 0) return;
    const p = bucketed(prompt.length - 1);
    buckets.set(p, [...buckets.get(p) ?? [], i]);
  });
  const lengthOf = (i: number) => Math.max(2, samples[i].response.length + padding);
  return [...buckets].sort(([a], [b]) => a - b).flatMap(([p, bucket]) => {
    const members = bucket.sort((a, b) => lengthOf(b) - lengthOf(a) || a - b), batches: ResponseBatch[] = [];
    for (let start = 0; start < members.length;) {
      const t = lengthOf(members[start]), chunk = members.slice(start, start + Math.max(1, Math.floor(limit / t)));
      const longest = Math.max(...chunk.map((i) => samples[i].prompt.length));
      batches.push({ members: chunk, sizes: { R: chunk.length, t, p, T: p + t, positions: longest + t } });
      start += chunk.length;
    }
    return batches;
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
  const { R, t, p, T } = batch.sizes, { heads, keyValueHeads, headSize, layers, valueHead } = engine.config;
  const tokens = new Int32Array(R * t), positions = new Int32Array(R * t), targets = new Int32Array(R * t);
  const queries = heads / keyValueHeads, width = keyValueHeads * headSize;
  const mask = engine.buffer("response mask", R * t * queries * T), masks = new Map<number, Float32Array>();
  const states = batch.members.map((i) => prompts.get(promptKey(samples[i].prompt))!);
  batch.members.forEach((index, r) => {
    const { prompt, response } = samples[index];
    for (let i = 0; i < t; i++) {
      tokens[r * t + i] = i === 0 ? prompt[prompt.length - 1] : i < response.length ? response[i - 1] : 0;
      targets[r * t + i] = i < response.length ? response[i] : 0;
      positions[r * t + i] = prompt.length - 1 + i;
    }
    const known = masks.get(prompt.length) ?? causalMask(t, p, queries, prompt.length - 1);
    masks.set(prompt.length, known);
    mask.set(known, r * known.length);
  });
  const feeds: Record<string, Feed> = {
    tokens: ids(tokens),
    positions: ids(positions),
    mask: floats(mask, [R, 1, t * queries, T]),
    ...(valueHead ? {} : { targets: ids(targets), inverse_temperature: floats(Float32Array.of(1 / temperature), [1]) }),
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

/** Mask of one sequence: 0 on the `prefix` tokens, a token's own and earlier ones, hidden elsewhere. */
function causalMask(t: number, p: number, queries: number, prefix: number): Float32Array {
  const T = p + t, mask = new Float32Array(t * queries * T).fill(HIDDEN);
  for (let row = 0; row < t * queries; row++) {
    mask.fill(0, row * T, row * T + prefix);
    mask.fill(0, row * T + p, row * T + p + Math.floor(row / queries) + 1);
  }
  return mask;
}
