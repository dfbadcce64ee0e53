import assert from "node:assert/strict";
import { comparableRewards, groupLoss, responseAdvantage, sumLogRatio } from "./group_loss.ts";

const response = {
  group: 0,
  tokens: [1, 2, 3],
  mask: [0, 1, 1],
  rewards: { accuracy: 1, format: 0.5 },
  truncated: false,
  logProbs: Float64Array.of(NaN, -1, -2),
  oldLogProbs: Float64Array.of(NaN, -1.5, -2),
  advantages: Float64Array.of(NaN, 0.25, 0.25),
};
const unchosen = { ...response, mask: [0, 0, 0] };

Deno.test("comparableRewards() is null where there is no reward, and where there is nothing to learn it by", () => {
  const unrewarded = { ...response, rewards: { accuracy: null } };
  assert.deepEqual(comparableRewards([response, unrewarded, unchosen], null), [1.5, null, null]);
  assert.deepEqual(comparableRewards([response], { format: 2 }), [1]);
});

Deno.test("responseAdvantage() reads a chosen token; 0 without one", () => {
  assert.deepEqual([responseAdvantage(response), responseAdvantage(unchosen)], [0.25, 0]);
});

Deno.test("sumLogRatio() sums over chosen tokens, and names a missing reference", () => {
  assert.equal(sumLogRatio(response, "old"), 0.5);
  assert.equal(sumLogRatio({ ...response, referenceLogProbs: Float64Array.of(NaN, -2, -1) }, "reference"), 0);
  assert.throws(() => sumLogRatio(response, "reference"), /needs referenceLogProbs on every response/);
});

Deno.test("groupLoss() puts slopes on chosen tokens and measures the ratio", () => {
  const { loss, gradient, metrics, trace } = groupLoss([response, unchosen], {
    loss: 3,
    slope: (i, t) => 10 * i + t,
    metrics: { own: 7 },
  });
  assert.equal(loss, 3);
  assert.deepEqual(gradient.map((row) => [...row]), [[0, 1, 2], [0, 0, 0]]);
  assert.deepEqual([metrics.clipFraction, metrics.own, metrics.ratioMax], [0, 7, Math.exp(0.5)]);
  assert.deepEqual((trace.ratio as Float64Array[]).map((row) => row.length), [3, 3]);
});
