import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Graph } from "../cpu/onnx.ts";
import { floats } from "../cpu/session.ts";
import { keyOf, uniform } from "../random.ts";
import { close, random, runOnce } from "./checking_test.ts";
import type { Tensor } from "./op.ts";
import { lowerSampling, nucleus, type SamplingMode } from "./sample.ts";
import { logSoftmax } from "./token_log_prob.ts";

function draw(
  mode: SamplingMode,
  logits: Tensor,
  noise: ArrayLike<number> = [],
  temperature: ArrayLike<number> = [],
) {
  const graph = new Graph(), rows = logits.shape[0];
  lowerSampling(graph, graph.input("logits", 2), mode);
  const column = (values: ArrayLike<number>, fallback: number) =>
    floats(Float32Array.from({ length: rows }, (_, i) => values[i] ?? fallback), [rows, 1]);
  return runOnce(graph, {
    logits: floats(Float32Array.from(logits.data), logits.shape),
    ...(mode === "greedy" ? {} : { inverse_temperature: column(Array.from(temperature, (t) => 1 / t), 1) }),
    ...(mode === "sample" ? { uniform: column(noise, 0.5) } : {}),
  });
}

const noiseOf = (name: string, rows: number) =>
  Float64Array.from({ length: rows }, (_, i) => uniform(keyOf(1, name), i));

Deno.test("sample: the lowering draws the token of a float64 inverse distribution function", async () => {
  const rows = 500, width = 97, logits = random("logits", [rows, width], 6), noise = noiseOf("noise", rows);
  const temperature = Float64Array.from({ length: rows }, (_, i) => 0.3 + uniform(keyOf(1, "t"), i));
  const { next, log_prob } = await draw("sample", logits, noise, temperature);
  const log = logSoftmax({
    shape: logits.shape,
    data: logits.data.map((x, i) => x / temperature[Math.floor(i / width)]),
  });
  let ties = 0;
  for (let i = 0; i < rows; i++) {
    const row = log.data.subarray(i * width, (i + 1) * width);
    let cumulative = 0, expected = -1, margin = Infinity;
    row.forEach((value, token) => {
      cumulative += Math.exp(value);
      margin = Math.min(margin, Math.abs(cumulative - noise[i]));
      if (expected < 0 && cumulative >= noise[i]) expected = token;
    });
    close([log_prob[i]], [row[next[i]]], 2e-6, "log-prob of the drawn token");
    if (margin < 1e-6) ties++;
    else strictEqual(next[i], expected, `row ${i}`);
  }
  ok(ties <= 2, `${ties} ties`);
});

Deno.test("sample: tokens appear as often as their probability says", async () => {
  const rows = 8192, probabilities = [0.5, 0.25, 0.2, 0.05], logits = probabilities.map(Math.log);
  const data = Float64Array.from({ length: rows * 4 }, (_, i) => logits[i % 4]);
  const { next } = await draw("sample", { shape: [rows, 4], data }, noiseOf("frequency", rows));
  const counts = [0, 0, 0, 0];
  for (const token of next) counts[token]++;
  const chi2 = counts.reduce((sum, n, i) => sum + (n - rows * probabilities[i]) ** 2 / (rows * probabilities[i]), 0);
  ok(chi2 < 20, `${counts}`);
});

Deno.test("sample: a token of probability 0 is never drawn, not even by the smallest and largest noise", async () => {
  const data = Float64Array.of(-1e9, 1, -1e9, 2, -1e9, -1e9, 1, 0, -1e9, 2, -1e9, -1e9);
  const logits = { shape: [4, 6], data: Float64Array.of(...data, ...data) };
  const { next } = await draw("sample", logits, [2 ** -24, 2 ** -24, 1 - 2 ** -24, 1 - 2 ** -24]);
  deepStrictEqual([...next], [1, 0, 3, 3]);
});

Deno.test("greedy: the most likely token, the first one of equals, with its log-prob at temperature 1", async () => {
  const logits = { shape: [3, 4], data: Float64Array.of(0, 3, 3, 1, 5, 2, 5, 5, -1, -2, -3, -0.5) };
  const { next, log_prob } = await draw("greedy", logits);
  deepStrictEqual([...next], [1, 0, 3]);
  const log = logSoftmax(logits).data;
  close(log_prob, [log[1], log[4], log[11]], 1e-6);
});

Deno.test("nucleus: the lowering returns every log-prob, temperature applied", async () => {
  const logits = random("logits", [3, 8], 4);
  const { log_probs } = await draw("nucleus", logits, [], [0.5, 1, 2]);
  const tempered = logits.data.map((x, i) => x / [0.5, 1, 2][Math.floor(i / 8)]);
  close(log_probs, logSoftmax({ shape: [3, 8], data: tempered }).data, 1e-6);
});

const row = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 20 }).map((tenths) =>
  Float32Array.from(logSoftmax({ shape: [1, tenths.length], data: Float64Array.from(tenths, (x) => x / 10) }).data)
);
const open = fc.integer({ min: 1, max: 999 }).map((n) => n / 1000);

/** Mass of the tokens that come before `token` in the order of likelihood. */
function massBefore(log: Float32Array, token: number): number {
  let mass = 0;
  log.forEach((value, other) => {
    if (value > log[token] || value === log[token] && other < token) mass += Math.exp(value);
  });
  return mass;
}

Deno.test("nucleus() draws a token of the smallest set that reaches topP", () => {
  fc.assert(fc.property(row, open, open, (log, topP, noise) => {
    ok(massBefore(log, nucleus(log, topP, noise)) < topP + 1e-12);
  }));
});

Deno.test("nucleus() reaches every token of the set, in the share of its probability", () => {
  fc.assert(
    fc.property(row, open, (log, topP) => {
      const members = [...log.keys()].filter((token) => massBefore(log, token) < topP - 1e-9);
      const mass = members.reduce((sum, token) => sum + Math.exp(log[token]), 0), counts = new Map<number, number>();
      const draws = 2000;
      for (let i = 0; i < draws; i++) {
        const token = nucleus(log, topP, (i + 0.5) / draws);
        counts.set(token, (counts.get(token) ?? 0) + 1);
      }
      for (const token of members) {
        const share = (counts.get(token) ?? 0) / draws;
        ok(Math.abs(share - Math.exp(log[token]) / mass) < 2 / draws || counts.size > members.length, `token ${token}`);
      }
    }),
    { numRuns: 25 },
  );
});

Deno.test("nucleus() with a tiny topP is greedy, with 1 it keeps all tokens", () => {
  fc.assert(fc.property(row, open, (log, noise) => {
    strictEqual(nucleus(log, 1e-9, noise), log.indexOf(Math.max(...log)));
    const token = nucleus(log, 1, noise), before = massBefore(log, token);
    ok(before <= noise + 1e-6 && noise <= before + Math.exp(log[token]) + 1e-6);
  }));
});
