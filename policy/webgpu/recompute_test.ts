import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { QWEN } from "../../fixtures/models/qwen.ts";
import { derivativesOf, sameBits, samplesOf, smallConfig, smallWeights } from "../cpu/checking_test.ts";
import { criticConfig, type ModelConfig, parameterSlots } from "../model/config.ts";
import { packedProgram } from "../model/decoder.ts";
import type { Value } from "../model/program.ts";
import { gpu, gpuTest } from "./checking_test.ts";
import { createCountingGpu } from "./counting.ts";
import { createEngine, planProgram } from "./engine.ts";
import { type Matrix, Plan } from "./plan.ts";
import { backward } from "./training.ts";

const SHAPES: Record<string, ModelConfig> = {
  "a Qwen2 of one layer": smallConfig({ keyValueHeads: 2, qkvBias: true, layers: 1 }),
  "a Llama of three layers": smallConfig({ layers: 3, tiedEmbeddings: false }),
  "a critic": criticConfig(smallConfig({ keyValueHeads: 2, qkvBias: true })),
};

for (const [what, config] of Object.entries(SHAPES)) {
  gpuTest(`on the GPU, recomputing changes no bit of ${what} and takes less memory`, async () => {
    const samples = samplesOf("recompute", 5, 20, 20), derivatives = derivativesOf("recompute", samples);
    const results = [];
    for (const recompute of [false, true]) {
      const engine = createEngine(gpu, config, smallWeights(config), { recompute });
      await backward(engine, samples, derivatives);
      const rows = await backward(engine, samples, derivatives); // a second time, over what the first one left
      const gradient = await engine.parameters.read("gradient");
      const { plan: { bytes } } = engine.plan("train", {}, () => packedProgram(config));
      results.push({ rows, gradient, bytes });
      engine.dispose();
    }
    const [whole, again] = results;
    whole.rows.forEach((row, i) => {
      strictEqual(row === null, again.rows[i] === null);
      if (row) sameBits(again.rows[i]!, row, `sample ${i}`);
    });
    ok(whole.gradient.some((value) => value !== 0));
    sameBits(again.gradient, whole.gradient, "gradient");
    if (config.layers > 1) ok(again.bytes < 0.8 * whole.bytes, `${again.bytes} of ${whole.bytes} bytes`);
  });
}

/** Kilobytes that training holds for one more token, and for one more that is scored, counted without a device. */
function kilobytes(config: ModelConfig, recompute: boolean): { token: number; scored: number } {
  const counting = createCountingGpu(), slots = parameterSlots(config);
  const place = ({ name, kind }: Value): Matrix | undefined => {
    if (kind === "input" && name !== "cosine" && name !== "sine") return undefined;
    const [rows, width] = [1, ...slots.get(name)?.shape ?? []].slice(-2);
    return { buffer: {} as GPUBuffer, offset: 0, rows, width, type: "f32" };
  };
  const bytes = (tokens: number, scored: number) => {
    const plan = new Plan(counting, { tokens, scored, distinct: tokens });
    const gradient = (weight: Value) => place(weight)!;
    planProgram(plan, packedProgram(config), place, { output: "scores", gradient, recompute });
    return plan.bytes;
  };
  // Primes, so that matrices of the two kinds never happen to have the same size and serve in turn.
  const start = bytes(3001, 997), rounded = (more: number) => Math.round(more / 1000 / 100);
  return { token: rounded((bytes(3121, 997) - start) / 1.2), scored: rounded((bytes(3001, 1117) - start) / 1.2) };
}

Deno.test("memory of training per token is what OpenOptions.recompute says", () => {
  const small = smallConfig({
    vocabularySize: 96,
    hiddenSize: 128,
    layers: 4,
    keyValueHeads: 4,
    headSize: 32,
    intermediateSize: 256,
  });
  deepStrictEqual(kilobytes(small, false), { token: 38, scored: 2 });
  deepStrictEqual(kilobytes(small, true), { token: 14, scored: 2 });
  deepStrictEqual(kilobytes(QWEN, false), { token: 2109, scored: 80 });
  deepStrictEqual(kilobytes(QWEN, true), { token: 234, scored: 80 });
});
