/**
 * Runs samples forward, and turns d loss / d output of the head (log-prob or value) into weight gradients.
 *
 * @module
 */
import type { Sample, Scores } from "../policy.ts";
import { parameterSlots } from "../model/config.ts";
import { headOutputs } from "../model/decoder.ts";
import type { Engine } from "./engine.ts";
import { computePrompts, promptBatches, promptFeeds, promptKey, type PromptState } from "./prompts.ts";
import { type ResponseBatch, responseBatches, responseFeeds } from "./responses.ts";
import { floats } from "./session.ts";

/** What the head says of one sample: for each of its outputs, by name, a number per response token. */
type Rows = Record<string, Float32Array>;

/** Log-prob and entropy of every response token. `padding` adds that many unused positions, for tests. */
export async function score(
  engine: Engine,
  prompts: Map<string, PromptState>,
  samples: readonly Sample[],
  options: { temperature?: number; padding?: number } = {},
): Promise<Scores[]> {
  return (await forward(engine, prompts, samples, options)).map(scoresOf);
}

/** A critic's value before every response token. `padding` as for {@linkcode score}. */
export async function evaluate(
  engine: Engine,
  prompts: Map<string, PromptState>,
  samples: readonly Sample[],
  options: { padding?: number } = {},
): Promise<Float32Array[]> {
  return (await forward(engine, prompts, samples, options)).map(({ values }) => values);
}

/**
 * Adds the gradient of `Σ derivative · log-prob` to `gradient`, the flat buffer in the order of the weights. Returns
 * the samples' scores, which the same pass gives; samples without derivative are skipped and have none.
 */
export async function accumulate(
  engine: Engine,
  prompts: Map<string, PromptState>,
  samples: readonly Sample[],
  derivatives: readonly ArrayLike<number>[],
  gradient: Float32Array,
  options: { temperature?: number } = {},
): Promise<(Scores | null)[]> {
  const rows = await backward(engine, prompts, samples, derivatives, gradient, options);
  return rows.map((row) => row && scoresOf(row));
}

function scoresOf({ log_probs, entropy }: Rows): Scores {
  return { logProbs: log_probs, entropy };
}

async function forward(
  engine: Engine,
  prompts: Map<string, PromptState>,
  samples: readonly Sample[],
  { temperature = 1, padding = 0 },
): Promise<Rows[]> {
  await computePrompts(engine, prompts, samples.map((sample) => sample.prompt));
  const outputs = headOutputs(engine.config);
  const rows = samples.map((): Rows => Object.fromEntries(outputs.map((name) => [name, new Float32Array(0)])));
  for (const batch of responseBatches(engine.config, samples, padding)) {
    const feeds = responseFeeds(engine, batch, samples, prompts, temperature);
    keepRows(rows, batch, samples, outputs, await engine.run("response", feeds, batch.sizes));
  }
  return rows;
}

function keepRows(
  rows: (Rows | null)[],
  { members, sizes }: ResponseBatch,
  samples: readonly Sample[],
  names: readonly string[],
  outputs: Rows,
): void {
  members.forEach((index, r) => {
    const start = r * sizes.t, end = start + samples[index].response.length;
    rows[index] = Object.fromEntries(names.map((name) => [name, outputs[name].slice(start, end)]));
  });
}

/**
 * Adds the gradient of `Σ derivative · output` to `gradient`, for the head's first output. Returns the samples' rows;
 * samples without derivative are skipped and have none.
 */
export async function backward(
  engine: Engine,
  prompts: Map<string, PromptState>,
  samples: readonly Sample[],
  derivatives: readonly ArrayLike<number>[],
  gradient: Float32Array,
  { temperature = 1 } = {},
): Promise<(Rows | null)[]> {
  const live = samples.map((_, i) => i).filter((i) => Array.prototype.some.call(derivatives[i], (d) => d !== 0));
  const trained = live.map((i) => samples[i]), seeds = live.map((i) => derivatives[i]);
  await computePrompts(engine, prompts, trained.map((sample) => sample.prompt));
  const names = headOutputs(engine.config), column = engine.config.valueHead ? [1] : [];
  const prefixes = new Map<string, PrefixGradient>(), rows: (Rows | null)[] = trained.map(() => null);
  for (const batch of responseBatches(engine.config, trained)) {
    const feeds = responseFeeds(engine, batch, trained, prompts, temperature);
    const derivative = new Float32Array(batch.sizes.R * batch.sizes.t);
    batch.members.forEach((index, r) => derivative.set(seeds[index], r * batch.sizes.t));
    feeds[`derivative:${names[0]}`] = floats(derivative, [derivative.length, ...column]);
    const outputs = await engine.run("response_backward", feeds, batch.sizes);
    keepRows(rows, batch, trained, names, outputs);
    addWeights(engine, gradient, outputs);
    addPrefixes(engine, prefixes, batch, trained, outputs);
  }
  await accumulatePrompts(engine, prefixes, gradient);
  const all: (Rows | null)[] = samples.map(() => null);
  live.forEach((index, place) => all[index] = rows[place]);
  return all;
}

/** Gradient of a prompt's keys and values, summed over its responses: like `PromptState`. */
interface PrefixGradient {
  tokens: readonly number[];
  k: Float32Array[];
  v: Float32Array[];
}

function addPrefixes(
  engine: Engine,
  prefixes: Map<string, PrefixGradient>,
  { members, sizes }: ResponseBatch,
  samples: readonly Sample[],
  outputs: Record<string, Float32Array>,
): void {
  const { layers, keyValueHeads, headSize } = engine.config, width = keyValueHeads * headSize;
  members.forEach((index, r) => {
    const tokens = samples[index].prompt, length = (tokens.length - 1) * width;
    if (length === 0) return;
    const key = promptKey(tokens), empty = () => Array.from({ length: layers }, () => new Float32Array(length));
    if (!prefixes.has(key)) prefixes.set(key, { tokens, k: empty(), v: empty() });
    const sum = prefixes.get(key)!, start = r * sizes.p * width;
    for (let layer = 0; layer < layers; layer++) {
      add(sum.k[layer], outputs[`gradient:prefix_k${layer}`], start);
      add(sum.v[layer], outputs[`gradient:prefix_v${layer}`], start);
    }
  });
}

async function accumulatePrompts(engine: Engine, prefixes: Map<string, PrefixGradient>, gradient: Float32Array) {
  const { layers, keyValueHeads, headSize } = engine.config, width = keyValueHeads * headSize;
  for (const batch of promptBatches([...prefixes.values()].map(({ tokens }) => tokens))) {
    const { R, t } = batch.sizes, feeds = promptFeeds(engine, batch);
    const seeds = Array.from({ length: layers }, (_, layer) =>
      (["k", "v"] as const).map((part) => {
        const seed = new Float32Array(R * t * width);
        batch.prompts.forEach((tokens, r) => seed.set(prefixes.get(promptKey(tokens))![part][layer], r * t * width));
        return [`derivative:${part}${layer}`, floats(seed, [R * t, width])] as const;
      })).flat();
    const outputs = await engine.run("prompt_backward", { ...feeds, ...Object.fromEntries(seeds) }, batch.sizes);
    addWeights(engine, gradient, outputs);
  }
}

function addWeights(engine: Engine, gradient: Float32Array, outputs: Record<string, Float32Array>): void {
  for (const { name, offset, length } of parameterSlots(engine.config).values()) {
    const part = outputs[`gradient:${name}`];
    if (part) add(gradient.subarray(offset, offset + length), part, 0);
  }
}

function add(sum: Float32Array, part: Float32Array, start: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] += part[start + i];
}
