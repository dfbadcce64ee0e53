import assert from "node:assert/strict";
import { clippedGeometricMean, isLogRatioClipped } from "./clipped_geometric_mean.ts";

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
  const { sequence, backward } = clippedGeometricMean(response(2), 0.3, 0.4);
  close(sequence!, Math.exp((0.4 - 0.7 + 0.1) / 3));
  assert.deepEqual([...backward(Float64Array.of(1, 1, 0, 1))], [0, 1, 0, 1]);
});

Deno.test("clippedGeometricMean() clips from below where the advantage is negative", () => {
  const { sequence, values, backward } = clippedGeometricMean(response(-2), 0.3, 0.4);
  close(sequence!, Math.exp((0.5 - 0.3 + 0.1) / 3));
  assert.deepEqual([values[0], values[2]], [sequence, 1]);
  assert.deepEqual([...backward(Float64Array.of(1, 1, 0, 1))], [1, 0, 0, 1]);
});

Deno.test("isLogRatioClipped() is one-sided, and the edge of the band is inside", () => {
  const clipped = (logRatio: number, advantage: number) => isLogRatioClipped(logRatio, advantage, 0.3, 0.4);
  assert.deepEqual([clipped(0.5, 1), clipped(-0.5, 1), clipped(0.5, -1), clipped(-0.5, -1)], [
    true,
    false,
    false,
    true,
  ]);
  assert.deepEqual([clipped(0.4, 1), clipped(-0.3, -1), clipped(9, 0)], [false, false, false]);
});
