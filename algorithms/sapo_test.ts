import assert from "node:assert/strict";
import { sapo } from "./mod.ts";

const slope = (logRatio: number, advantage: number) =>
  sapo.create().loss([{
    ...{ group: 0, tokens: [5], rewards: {}, truncated: false, advantages: Float64Array.of(advantage) },
    ...{ logProbs: Float64Array.of(-1), oldLogProbs: Float64Array.of(-1 - logRatio) },
  }]).gradient[0][0];

Deno.test("the gate is open on policy, fades on both sides, and faster for bad responses", () => {
  assert.deepEqual([slope(0, 2), slope(0, -2)], [-2, 2]);
  const weights = [0, 0.5, 1, 2].map((logRatio) => Math.abs(slope(logRatio, 1)) / Math.exp(logRatio));
  assert.ok(weights.every((weight, i) => i === 0 || weight < weights[i - 1]));
  assert.ok(Math.abs(slope(1, -1)) < Math.abs(slope(1, 1)));
});

Deno.test("a ratio beyond all bounds gives 0 and not infinity times 0", () => {
  for (const logRatio of [5, 50, 700, 800]) assert.ok(Number.isFinite(slope(logRatio, 1)) && slope(logRatio, 1) <= 0);
  assert.equal(Math.abs(slope(800, 1)), 0);
});
