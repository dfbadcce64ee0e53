import assert from "node:assert/strict";
import { clippedGeometricMean, geometricMeanSurrogate } from "./clipped_geometric_mean.ts";

const clip = { logClipLow: 0.3, logClipHigh: 0.4 };
const response = (advantage: number) => ({
  group: 0,
  tokens: [1, 2, 3, 4],
  mask: [1, 1, 0, 1],
  rewards: {},
  truncated: false,
  logProbs: Float64Array.of(-1, -2, NaN, -1),
  oldLogProbs: Float64Array.of(-1.5, -1.3, NaN, -1.1),
  advantages: new Float64Array(4).fill(advantage),
});
const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-15);

Deno.test("clippedGeometricMean() clips from above where the advantage is positive", () => {
  const { sequence, backward } = clippedGeometricMean(response(2), clip);
  close(sequence!, Math.exp((0.4 - 0.7 + 0.1) / 3));
  assert.deepEqual([...backward(Float64Array.of(1, 1, 0, 1))], [0, 1, 0, 1]);
});

Deno.test("clippedGeometricMean() clips from below where the advantage is negative", () => {
  const { sequence, values, backward } = clippedGeometricMean(response(-2), clip);
  close(sequence!, Math.exp((0.5 - 0.3 + 0.1) / 3));
  assert.deepEqual([values[0], values[2]], [sequence, 1]);
  assert.deepEqual([...backward(Float64Array.of(1, 1, 0, 1))], [1, 0, 0, 1]);
});

Deno.test("geometricMeanSurrogate() marks tokens beyond the band on the side of their advantage", () => {
  const part = (logRatio: number, advantage: number) =>
    geometricMeanSurrogate(clip)({
      logProb: logRatio - 1,
      oldLogProb: -1,
      ratio: 1.5,
      advantage,
      response: 0,
      position: 0,
    });
  const clipped = (logRatio: number, advantage: number) => part(logRatio, advantage).clipped;
  assert.deepEqual([clipped(0.5, 1), clipped(-0.5, 1), clipped(0.5, -1), clipped(-0.5, -1)], [
    true,
    false,
    false,
    true,
  ]);
  assert.deepEqual([clipped(0.39, 1), clipped(-0.29, -1), clipped(9, 0)], [false, false, false]);
  assert.deepEqual(part(0.5, 2), { loss: -3, slope: -3, clipped: true });
});
