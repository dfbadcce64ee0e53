/**
 * What the tests of ONNX policies share; there is no test in here.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import type { GenerateRequest, Generation, Policy, Sample } from "../policy.ts";
import { integer, keyOf } from "../random.ts";
import { type Decoder, openDecoder } from "./decoder.ts";
import { onnxFiles } from "./files.ts";
import { openOnnxPolicy } from "./open.ts";

/** The files in fixtures/models. */
export const FILES = [
  ["qwen2-tied", "model.onnx"],
  ["qwen2-tied", "model_fp16.onnx"],
  ["qwen2-tied", "model_int8.onnx"],
  ["llama-mqa", "model.onnx"],
  ["llama-mqa", "model_q4.onnx"],
  ["qwen3", "model.onnx"],
] as const;

/** Directory of a fixture. */
export const fixture = (name: string) =>
  decodeURIComponent(new URL(`../../fixtures/models/${name}`, import.meta.url).pathname);

/** Opens a policy without its tokenizer for a body, and frees it. */
export async function withOnnx(directory: string, file: string, body: (policy: Policy) => Promise<void>) {
  const policy = await openOnnxPolicy(directory, { file, tokenizer: false });
  try {
    await body(policy);
  } finally {
    await policy.dispose();
  }
}

/** Opens the graph of a fixture for a body, and frees it. */
export async function withDecoder(name: string, file: string, body: (decoder: Decoder) => Promise<void>) {
  const decoder = await openDecoder(await onnxFiles(fixture(name), file), 1);
  try {
    await body(decoder);
  } finally {
    await decoder.dispose();
  }
}

/** Random tokens. */
export const tokensOf = (name: string, length: number) =>
  Array.from({ length }, (_, place) => 3 + integer(keyOf(1, "tokens", name), place, 90));

/** Requests with prompts of 1 to 40 tokens, of which every fourth is the one before. */
export function requestsOf(name: string, count: number): GenerateRequest[] {
  return Array.from({ length: count }, (_, i) => {
    const prompt = `${name} ${i % 4 === 3 ? i - 1 : i}`;
    const length = 1 + integer(keyOf(2, "length", prompt), 0, 40);
    return { prompt: tokensOf(prompt, length), key: keyOf(3, name, i) };
  });
}

/** What was drawn, as samples. */
export const samplesOf = (requests: readonly GenerateRequest[], drawn: readonly Generation[]): Sample[] =>
  drawn.map(({ tokens }, i) => ({ prompt: requests[i].prompt, response: tokens }));

/** Fails unless generations are the same to the last bit. */
export function sameGenerations(actual: readonly Generation[], expected: readonly Generation[], what: string) {
  const bits = ({ tokens, logProbs, truncated }: Generation) => ({
    tokens,
    truncated,
    logProbs: [...new Uint32Array(logProbs.slice().buffer)],
  });
  deepStrictEqual(actual.map(bits), expected.map(bits), what);
}
