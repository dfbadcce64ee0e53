/**
 * What the tests of the engine share; there is no test in here.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import { type ModelConfig, parameterCount, parameterSlots } from "../model/config.ts";
import type { GenerateRequest, Policy, Sample } from "../policy.ts";
import { integer, keyOf, uniform } from "../random.ts";
import { openPolicy } from "../open.ts";
import { createEngine, type Engine } from "./engine.ts";

const home = decodeURIComponent(new URL("../../fixtures/base/", import.meta.url).pathname);

/** A prompt that the embedded base policy knows. */
export const question =
  "Dan has 44 eggs. He finds 47 more. He puts them in 7 equal bags. How many eggs in each?\nAnswer:\n";

/** Runs a body with the embedded base policy and frees it. */
export async function withPolicy(body: (policy: Policy) => Promise<void>) {
  const policy = await openPolicy(home);
  try {
    await body(policy);
  } finally {
    await policy.dispose();
  }
}

/** A small Llama; `overrides` change its shape. */
export function smallConfig(overrides: Partial<ModelConfig> = {}): ModelConfig {
  const config: ModelConfig = {
    family: "llama",
    vocabularySize: 48,
    hiddenSize: 32,
    layers: 2,
    heads: 4,
    keyValueHeads: 1,
    headSize: 8,
    intermediateSize: 40,
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    qkvBias: false,
    tiedEmbeddings: true,
    maxPositions: 512,
    ...overrides,
  };
  return { ...config, family: config.qkvBias ? "qwen2" : "llama" };
}

/** Random weights that give distributions with some structure (a perplexity of about half the vocabulary). */
export function smallWeights(config: ModelConfig, seed = 0): Float32Array {
  const weights = new Float32Array(parameterCount(config));
  for (const { name, shape, offset, length } of parameterSlots(config).values()) {
    const key = keyOf(seed, "weights", name), adds = name.endsWith("lora_B.weight"); // as little as in training
    const scale = adds ? 0.1 : shape.length > 1 ? Math.sqrt(3 / shape[1]) : 0.3;
    const centre = name.includes("norm") ? 1 : 0;
    for (let i = 0; i < length; i++) weights[offset + i] = centre + scale * (2 * uniform(key, i) - 1);
  }
  return weights;
}

/** Runs a body with an engine over random weights and frees it. */
export async function withEngine<T>(
  config: ModelConfig,
  body: (engine: Engine) => Promise<T>,
  { seed = 0, threads = 1 } = {},
): Promise<T> {
  const engine = createEngine(config, smallWeights(config, seed), threads);
  try {
    return await body(engine);
  } finally {
    await engine.dispose();
  }
}

/** Random token ids. */
export function tokensOf(name: string, length: number, vocabularySize = 48): number[] {
  return Array.from({ length }, (_, i) => integer(keyOf(0, "tokens", name), i, vocabularySize));
}

/** Random samples; lengths are drawn from 1 to the given ones (a response may be empty). */
export function samplesOf(name: string, count: number, longestPrompt: number, longestResponse: number): Sample[] {
  const key = keyOf(0, "lengths", name);
  return Array.from({ length: count }, (_, i) => ({
    prompt: tokensOf(`${name} prompt ${i}`, 1 + integer(key, 2 * i, longestPrompt)),
    response: tokensOf(`${name} response ${i}`, integer(key, 2 * i + 1, longestResponse + 1)),
  }));
}

/** Random derivatives for samples. */
export function derivativesOf(name: string, samples: readonly Sample[]): Float32Array[] {
  return samples.map(({ response }, i) => {
    const key = keyOf(0, "derivatives", name, i);
    return Float32Array.from(response, (_, t) => 2 * uniform(key, t) - 1);
  });
}

/** Requests with keys of their own. */
export function requestsOf(prompts: readonly (readonly number[])[]): GenerateRequest[] {
  return prompts.map((prompt, i) => ({ prompt, key: keyOf(3, "request", i) }));
}

/** The members of a list at some indices. */
export function pick<T>(list: readonly T[], indices: readonly number[]): T[] {
  return indices.map((i) => list[i]);
}

/** 0 … count - 1 in an order that only looks random. */
export function shuffled(name: string, count: number): number[] {
  const key = keyOf(0, "shuffle", name);
  return Array.from({ length: count }, (_, i) => i).sort((a, b) => uniform(key, a) - uniform(key, b));
}

/** Fails unless two arrays hold the same bits (NaN equal to itself, 0 different from -0). */
export function sameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  const words = (data: Float32Array) => [...new Uint32Array(Float32Array.from(data).buffer)];
  deepStrictEqual(words(actual), words(expected), what);
}
