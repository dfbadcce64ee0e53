/**
 * The decoder in float64, for tests; there is no test in here.
 *
 * @module
 */
import { HIDDEN } from "../cpu/prompts.ts";
import { type Tensor, zeros } from "../ops/op.ts";
import { rotationTables } from "../ops/rope.ts";
import type { Sample } from "../policy.ts";
import { type ModelConfig, parameterSlots } from "./config.ts";
import { promptProgram, responseProgram } from "./decoder.ts";
import { differentiate, evaluate, type Program } from "./program.ts";

/** What a program is fed, by name. */
export type Feeds = Record<string, Tensor>;

/** A vector of float64 numbers. */
export const vector = (values: ArrayLike<number>): Tensor => ({
  shape: [values.length],
  data: Float64Array.from(values),
});

/** Weights and rotation tables in float64. */
export function fixedFeeds(config: ModelConfig, weights: Float32Array, positions = 128): Feeds {
  const feeds: Feeds = {}, { cosine, sine } = rotationTables(positions, config);
  for (const [name, table] of Object.entries({ cosine, sine })) {
    feeds[name] = { shape: [positions, config.headSize / 2], data: Float64Array.from(table) };
  }
  for (const { name, shape, offset, length } of parameterSlots(config).values()) {
    feeds[name] = { shape: [...shape], data: Float64Array.from(weights.subarray(offset, offset + length)) };
  }
  return feeds;
}

/** Mask of `t` tokens behind `p` tokens that they all see. */
export function causal({ heads, keyValueHeads }: ModelConfig, t: number, p: number): Tensor {
  const g = heads / keyValueHeads, mask = zeros([1, 1, t * g, p + t]);
  mask.data.forEach((_, i) => mask.data[i] = i % (p + t) <= p + Math.floor(i / (p + t) / g) ? 0 : HIDDEN);
  return mask;
}

/** An output of a program that ran. */
export const output = (program: Program, values: Map<number, Tensor>, name: string) =>
  values.get(program.outputs.get(name)!.id)!;

/** The two streams over samples that share a prompt, unpadded, in float64. */
export class Reference {
  readonly prompt: Program;
  readonly response: Program;

  constructor(readonly config: ModelConfig, readonly fixed: Feeds) {
    this.prompt = promptProgram(config);
    this.response = responseProgram(config);
  }

  /** Keys and values of a prompt but its last token. */
  runPrompt(prompt: readonly number[]) {
    const t = prompt.length - 1, positions = vector(Array.from({ length: t }, (_, i) => i));
    const feeds = { ...this.fixed, tokens: vector(prompt.slice(0, t)), positions, mask: causal(this.config, t, 0) };
    return evaluate(this.prompt, feeds);
  }

  runResponse({ prompt, response }: Sample, prefix: Map<number, Tensor>, temperature = 1) {
    const t = response.length, p = prompt.length - 1, { layers } = this.config;
    const feeds: Feeds = {
      ...this.fixed,
      tokens: vector([prompt[p], ...response.slice(0, -1)]),
      targets: vector(response),
      positions: vector(response.map((_, i) => p + i)),
      mask: causal(this.config, t, p),
      inverse_temperature: vector([1 / temperature]),
    };
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ["k", "v"]) feeds[`prefix_${part}${layer}`] = output(this.prompt, prefix, `${part}${layer}`);
    }
    return evaluate(this.response, feeds);
  }

  /** A row per output of the head, and the gradient of `Σ derivative · first output`, for samples with one prompt. */
  runHead(samples: readonly Sample[], derivatives: readonly ArrayLike<number>[], temperature = 1) {
    const prefix = this.runPrompt(samples[0].prompt), gradient = new Map<string, Float64Array>();
    const names = [...this.response.outputs.keys()];
    const add = (parts: Map<string, Tensor>) => {
      for (const [name, { data }] of parts) {
        const sum = gradient.get(name);
        gradient.set(name, sum ? sum.map((value, i) => value + data[i]) : data);
      }
    };
    const rows = samples.map((sample, i) => {
      const values = this.runResponse(sample, prefix, temperature);
      const { shape } = output(this.response, values, names[0]);
      add(differentiate(this.response, values, { [names[0]]: { shape, data: Float64Array.from(derivatives[i]) } }));
      return names.map((name) => output(this.response, values, name).data);
    });
    const seeds = [...this.prompt.outputs.keys()].map((name) => {
      const { shape } = output(this.prompt, prefix, name);
      return [name, { shape, data: gradient.get(`prefix_${name}`)! }];
    });
    add(differentiate(this.prompt, prefix, Object.fromEntries(seeds)));
    for (const name of gradient.keys()) if (name.startsWith("prefix_")) gradient.delete(name);
    return { rows, gradient };
  }

  /** Log-probs, entropy and the gradient of `Σ derivative · log-prob` for samples with one prompt. */
  run(samples: readonly Sample[], derivatives: readonly ArrayLike<number>[], temperature = 1) {
    const { rows, gradient } = this.runHead(samples, derivatives, temperature);
    return { scores: rows.map(([logProbs, entropy]) => ({ logProbs, entropy })), gradient };
  }
}
