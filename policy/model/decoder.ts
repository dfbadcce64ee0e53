/**
 * The decoder of the Qwen2, Qwen3 and Llama families, written once as a composition of coarse operations.
 *
 * Two streams of tokens pass through the same layers. The **prompt stream** holds each prompt once, without its last
 * token; all it leaves behind are keys and values, so its last layer stops there. The **response stream** holds, for
 * each response, the prompt's last token and all response tokens but the last: each of its rows predicts one response
 * token. Responses of a group attend to their shared prompt's keys and values. A decoding step is a response stream
 * of one token per sequence with kept keys and values in place of the prompt's.
 *
 * On the GPU, where sequences need no padding, both are one **packed stream**: prompts first, then responses. Sampling
 * passes it piece by piece through a cache of keys and values.
 *
 * @module
 */
import { attention } from "../ops/attention.ts";
import { cachedAttention } from "../ops/cached_attention.ts";
import { embed } from "../ops/embed.ts";
import { entropy } from "../ops/entropy.ts";
import { linear } from "../ops/linear.ts";
import { norm } from "../ops/norm.ts";
import { packedAttention } from "../ops/packed_attention.ts";
import { rope } from "../ops/rope.ts";
import { scale } from "../ops/scale.ts";
import { softmax } from "../ops/softmax.ts";
import { swiglu } from "../ops/swiglu.ts";
import { tail } from "../ops/tail.ts";
import { tokenLogProb } from "../ops/token_log_prob.ts";
import { tokenScores } from "../ops/token_scores.ts";
import { writeRows } from "../ops/write_rows.ts";
import type { ModelConfig } from "./config.ts";
import { adapterOf, isTrained, scaleOf } from "./lora.ts";
import { Program, type Value } from "./program.ts";

const FINAL_NORM = "model.norm.weight";

/** Most logits of a token that the GPU holds at once. A constant: sums follow it. */
export const VOCABULARY_CHUNK = 16384;

/** Name of the matrix that turns hidden states into logits. */
export function outputTable({ tiedEmbeddings }: ModelConfig): string {
  return tiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
}

interface Projected {
  q: Value | undefined;
  k: Value;
  v: Value;
}

/**
 * Where a normalisation's weight is applied: in the `matrix` behind it; `folded`, as an input named
 * {@linkcode foldedName} that is that product, worth it where few tokens pass at once; or in the `norm` itself.
 */
type NormWeight = "matrix" | "folded" | "norm";

/** Inputs that say where equal tokens stand, for the embedding's gradient on the GPU. */
interface Segments {
  order: Value;
  ranges: Value;
}

/** The parts of a decoder layer over one stream of tokens. */
class Stream {
  constructor(
    private readonly program: Program,
    private readonly config: ModelConfig,
    private readonly positions: Value,
    private readonly normWeight: NormWeight = "matrix",
  ) {}

  /** `normed · (W ∘ scale)ᵀ`, with a bias if one is named, and what an adapter adds. */
  scaled(
    normed: Value,
    weight: string,
    scaleName: string,
    { bias, narrowing }: { bias?: string; narrowing?: boolean } = {},
  ): Value {
    return this.adapted(
      this.product(normed, weight, scaleName, { bias, narrowing }),
      weight,
      (a, factor) => this.product(normed, a, scaleName, { factor, narrowing: true }),
    );
  }

  /** `factor · normed · (W ∘ scale)ᵀ`, with a bias if one is named. */
  product(
    normed: Value,
    weight: string,
    scaleName: string,
    { bias, ...options }: { bias?: string; factor?: number; narrowing?: boolean },
  ): Value {
    const { program } = this, added = bias ? [program.weight(bias, 1)] : [];
    const attributes = { ...options, bias: bias !== undefined };
    if (this.normWeight === "norm") {
      return program.apply(linear, [normed, program.weight(weight, 2), ...added], attributes);
    }
    if (this.normWeight === "folded") {
      return program.apply(linear, [normed, program.input(foldedName(weight, scaleName), 2), ...added], attributes);
    }
    const inputs = [normed, program.weight(weight, 2), program.weight(scaleName, 1), ...added];
    return program.apply(linear, inputs, { ...attributes, scale: true });
  }

  /** `x · Wᵀ + residual`, and what an adapter adds. */
  added(x: Value, weight: string, residual: Value, narrowing: boolean): Value {
    const { program } = this;
    return this.adapted(
      program.apply(linear, [x, program.weight(weight, 2), residual], { residual: true, narrowing }),
      weight,
      (a, factor) => program.apply(linear, [x, program.weight(a, 2)], { factor, narrowing: true }),
    );
  }

  /** Adds `scaleOf(lora) · (x · Aᵀ) · Bᵀ` where a matrix has an adapter; `down` is told A and the factor. */
  adapted(sum: Value, weight: string, down: (a: string, factor: number) => Value): Value {
    const { lora } = this.config, adapter = lora && adapterOf(lora, weight);
    if (!adapter) return sum;
    const inputs = [down(adapter.a, scaleOf(lora)), this.program.weight(adapter.b, 2), sum];
    return this.program.apply(linear, inputs, { residual: true });
  }

  embed(tokens: Value, segments?: Segments): Value {
    const table = this.program.weight("model.embed_tokens.weight", 2);
    const inputs = segments ? [tokens, table, segments.order, segments.ranges] : [tokens, table];
    return this.program.apply(embed, inputs, { width: this.config.hiddenSize });
  }

  norm(x: Value, weight: string): Value {
    const inputs = this.normWeight === "norm" ? [x, this.program.weight(weight, 1)] : [x];
    return this.program.apply(norm, inputs, { epsilon: this.config.normEpsilon, width: this.config.hiddenSize });
  }

  /** Queries, keys and values of a layer; `onlyKeys` leaves the queries out. */
  project(x: Value, layer: number, onlyKeys = false): Projected {
    const { hiddenSize, heads, keyValueHeads, headSize, qkvBias, headNorm, normEpsilon } = this.config;
    const layerNorm = `model.layers.${layer}.input_layernorm.weight`, normed = this.norm(x, layerNorm);
    const path = (name: string) => `model.layers.${layer}.self_attn.${name}`;
    const part = (name: string, count: number): Value => {
      const bias = qkvBias ? `${path(name)}.bias` : undefined, narrowing = count * headSize < hiddenSize;
      return this.scaled(normed, `${path(name)}.weight`, layerNorm, { bias, narrowing });
    };
    const tables = ["cosine", "sine"].map((name) => this.program.input(name, 2));
    const turned = (name: "q" | "k", count: number): Value => {
      let value = part(`${name}_proj`, count);
      if (headNorm) {
        const weight = this.program.weight(`${path(`${name}_norm`)}.weight`, 1);
        value = this.program.apply(norm, [value, weight], { epsilon: normEpsilon, width: headSize, heads: count });
      }
      return this.program.apply(rope, [value, this.positions, ...tables], { heads: count });
    };
    return {
      q: onlyKeys ? undefined : turned("q", heads),
      k: turned("k", keyValueHeads),
      v: part("v_proj", keyValueHeads),
    };
  }

  /** What follows attention in a layer: output projection, then the gated feed-forward, each added to the stream. */
  rest(x: Value, attended: Value, layer: number): Value {
    const path = (name: string) => `model.layers.${layer}.${name}.weight`;
    const { hiddenSize, intermediateSize, heads, headSize } = this.config;
    const after = this.added(attended, path("self_attn.o_proj"), x, heads * headSize > hiddenSize);
    const norm = path("post_attention_layernorm"), normed = this.norm(after, norm);
    const part = (name: string) => this.scaled(normed, path(name), norm);
    const hidden = this.program.apply(swiglu, [part("mlp.gate_proj"), part("mlp.up_proj")], {});
    return this.added(hidden, path("mlp.down_proj"), after, intermediateSize > hiddenSize);
  }

  /** Value of every row [N, 1]. */
  values(x: Value): Value {
    return this.scaled(this.norm(x, FINAL_NORM), "value_head.weight", FINAL_NORM, { narrowing: true });
  }

  /** Logits of every row, divided by the temperature if its inverse is given: on the norm's weight, that costs a row. */
  logits(x: Value, inverseTemperature?: Value): Value {
    const { program } = this, table = outputTable(this.config), normed = this.norm(x, FINAL_NORM);
    if (!inverseTemperature) return this.scaled(normed, table, FINAL_NORM);
    const tempered = program.apply(scale, [program.weight(FINAL_NORM, 1), inverseTemperature], {}, 1);
    return program.apply(linear, [normed, program.weight(table, 2), tempered], { scale: true });
  }
}

/** Name of a matrix with a normalisation weight multiplied in, for {@linkcode decodingProgram}. */
export function foldedName(weight: string, scaleName: string): string {
  return `${weight} * ${scaleName}`;
}

/**
 * The prompt stream: outputs each layer's keys and values `k0`, `v0`, `k1` … [R · t, keyValueHeads · headSize].
 *
 * Inputs: `tokens`, `positions` [R · t], `mask` [1, 1, t · g, t], `cosine`, `sine` [maxPositions, headSize / 2].
 */
export function promptProgram(config: ModelConfig): Program {
  const program = programOf(config), stream = new Stream(program, config, program.input("positions", 1, "int64"));
  const tokens = program.input("tokens", 1, "int64"), mask = config.layers > 1 ? program.input("mask", 4) : undefined;
  let x = stream.embed(tokens);
  for (let layer = 0; layer < config.layers; layer++) {
    const last = layer === config.layers - 1, { q, k, v } = stream.project(x, layer, last);
    program.output(`k${layer}`, k);
    program.output(`v${layer}`, v);
    if (last) break;
    const attributes = { ...headCounts(config), prefix: false };
    x = stream.rest(x, program.apply(attention, [q!, k, v, mask!], attributes), layer);
  }
  return program;
}

/** Outputs of the response stream, by the model's head. The first is the one to differentiate. */
export function headOutputs({ valueHead }: ModelConfig): readonly string[] {
  return valueHead ? ["values"] : ["log_probs", "entropy"];
}

/**
 * The response stream: outputs `log_probs` and `entropy` [R · t] of the target tokens, or a critic's `values`
 * [R · t, 1] before them.
 *
 * Inputs: `tokens`, `positions` [R · t], `mask` [R, 1, t · g, p + t], per layer the prompt's keys and values
 * `prefix_k0`, `prefix_v0` … [R · p, keyValueHeads · headSize], which get gradients, `cosine` and `sine`; without a
 * value head also `targets` [R · t] and `inverse_temperature` [1].
 */
export function responseProgram(config: ModelConfig): Program {
  const program = programOf(config), stream = new Stream(program, config, program.input("positions", 1, "int64"));
  const mask = program.input("mask", 4);
  let x = stream.embed(program.input("tokens", 1, "int64"));
  for (let layer = 0; layer < config.layers; layer++) {
    const { q, k, v } = stream.project(x, layer), attributes = { ...headCounts(config), prefix: true };
    const prefix = [program.variable(`prefix_k${layer}`, 2), program.variable(`prefix_v${layer}`, 2)];
    x = stream.rest(x, program.apply(attention, [q!, k, v, mask, ...prefix], attributes), layer);
  }
  if (config.valueHead) {
    program.output("values", stream.values(x));
    return program;
  }
  const logits = stream.logits(x, program.input("inverse_temperature", 1));
  program.output("log_probs", program.apply(tokenLogProb, [logits, program.input("targets", 1, "int64")], {}, 1));
  program.output("entropy", program.apply(entropy, [logits], {}, 1));
  return program;
}

/**
 * One decoding step for B sequences: outputs the next token's `probabilities` [B, V] and the new tokens' `k0`, `v0` …
 * [B, keyValueHeads · headSize].
 *
 * Inputs: `tokens`, `positions` [B], `inverse_temperature` [B, 1], `mask` [B, 1, 1, 1 + S], per layer `keys0`, `values0` … [B, kv, S, headSize],
 * the rotation tables, and every matrix behind a normalisation as {@linkcode foldedName}.
 */
export function decodingProgram(config: ModelConfig): Program {
  const program = programOf(config);
  const stream = new Stream(program, config, program.input("positions", 1, "int64"), "folded");
  const mask = program.input("mask", 4);
  let x = stream.embed(program.input("tokens", 1, "int64"));
  for (let layer = 0; layer < config.layers; layer++) {
    const { q, k, v } = stream.project(x, layer);
    const kept = [program.input(`keys${layer}`, 4), program.input(`values${layer}`, 4)];
    program.output(`k${layer}`, k);
    program.output(`v${layer}`, v);
    x = stream.rest(x, program.apply(cachedAttention, [q!, k, v, ...kept, mask], headCounts(config)), layer);
  }
  const inputs = [stream.logits(x), program.input("inverse_temperature", 2)];
  program.output("probabilities", program.apply(softmax, inputs, {}));
  return program;
}

/**
 * The packed stream: outputs `scores` [scored rows, 2], log-prob and entropy of the target tokens, or a critic's
 * `values` [scored rows, 1]. For the GPU.
 *
 * Inputs: `tokens`, `positions` [N], `spans`, `seen` [N, 4] of {@linkcode packedAttention}, `order` [N], `ranges`
 * [distinct tokens, 2] of {@linkcode segmentsOf}, `cosine`, `sine`; `targets` [scored rows], which are the last rows, and
 * without a value head `inverse_temperature` of each.
 */
export function packedProgram(config: ModelConfig): Program {
  const program = programOf(config);
  const ids = (name: string, rank: number) => program.input(name, rank, "int64");
  const stream = new Stream(program, config, ids("positions", 1), "norm"), targets = ids("targets", 1);
  let x = stream.embed(ids("tokens", 1), { order: ids("order", 1), ranges: ids("ranges", 2) });
  program.keep(x);
  for (let layer = 0; layer < config.layers; layer++) {
    const { q, k, v } = stream.project(x, layer), spans = [ids("spans", 2), ids("seen", 2)];
    x = stream.rest(x, program.apply(packedAttention, [q!, k, v, ...spans], headCounts(config)), layer);
    program.keep(x);
  }
  const scored = program.apply(tail, [x, targets], {});
  if (config.valueHead) {
    program.output("values", stream.values(scored));
    return program;
  }
  const inputs = [
    stream.norm(scored, FINAL_NORM),
    program.weight(outputTable(config), 2),
    targets,
    program.input("inverse_temperature", 1),
  ];
  program.output("scores", program.apply(tokenScores, inputs, { chunk: VOCABULARY_CHUNK }));
  return program;
}

/**
 * A piece of the packed stream, over a cache that holds the keys and values of what came before and gets those of the
 * piece. Outputs the normalised hidden states of the `last` rows, `hidden` [N, hiddenSize]; for the `prompt` stream,
 * which nothing is sampled from, `keys` and `values` of the last layer [S, keyValueHeads · headSize]. For the GPU.
 *
 * Inputs: `tokens`, `positions`, `slots` [N] (rows of the cache), `spans` [N, 4] in rows of the cache, `cosine`, `sine`,
 * per layer `keys0`, `values0` … [S, keyValueHeads · headSize].
 */
export function cachedProgram(config: ModelConfig, part: "prompt" | "last"): Program {
  const program = programOf(config), ids = (name: string, rank: number) => program.input(name, rank, "int64");
  const stream = new Stream(program, config, ids("positions", 1), "norm"), slots = ids("slots", 1);
  const kept = (name: string, rows: Value) => program.apply(writeRows, [rows, slots, program.input(name, 2)], {});
  let x = stream.embed(ids("tokens", 1));
  for (let layer = 0; layer < config.layers; layer++) {
    const ends = part === "prompt" && layer === config.layers - 1, { q, k, v } = stream.project(x, layer, ends);
    const keys = kept(`keys${layer}`, k), values = kept(`values${layer}`, v);
    if (ends) {
      program.output("keys", keys);
      program.output("values", values);
      return program;
    }
    const inputs = [q!, keys, values, ids("spans", 2)];
    x = stream.rest(x, program.apply(packedAttention, inputs, headCounts(config)), layer);
  }
  program.output("hidden", stream.norm(x, FINAL_NORM));
  return program;
}

function programOf(config: ModelConfig): Program {
  return new Program((name) => isTrained(config, name));
}

function headCounts({ heads, keyValueHeads, headSize }: ModelConfig) {
  return { heads, keyValueHeads, headSize };
}
