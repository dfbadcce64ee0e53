import assert from "node:assert/strict";
import { valueLoss } from "./value_loss.ts";

const row = (...values: number[]) => Float64Array.from(values);
const response = {
  group: 0,
  tokens: [1, 2, 3],
  rewards: {},
  truncated: false,
  logProbs: new Float64Array(3),
  oldLogProbs: new Float64Array(3),
  advantages: new Float64Array(3),
  values: row(0.3, 1, NaN),
  oldValues: row(0.2, 0, NaN),
  returns: row(1, 0.5, NaN),
};
const weights = [row(0.5, 0.5, 0)];

Deno.test("valueLoss() without a clip is half the mean square; tokens without weight do not count", () => {
  const { loss, slopes, clipFraction, explainedVariance } = valueLoss([response], weights, null);
  assert.equal(loss, (0.7 * 0.7 + 0.25) / 4);
  assert.deepEqual([...slopes[0]], [-0.35, 0.25, 0]);
  assert.equal(clipFraction, 0);
  assert.ok(Math.abs(explainedVariance - (1 - 0.36 / 0.0625)) < 1e-12);
});

Deno.test("valueLoss() takes the larger square; where that is the clipped one, the slope is 0", () => {
  // Token 0 lies in its band. Token 1 moved past its return: clipped at 0.2 the square is 0.09, unclipped 0.25.
  assert.deepEqual([...valueLoss([response], weights, 0.2).slopes[0]], [-0.35, 0.25, 0]);
  const towards = { ...response, returns: row(1, 1.2, NaN) };
  const { loss, slopes, clipFraction } = valueLoss([towards], weights, 0.2);
  assert.ok(Math.abs(loss - (0.49 + 1) / 4) < 1e-12);
  assert.deepEqual([...slopes[0]], [-0.35, 0, 0]);
  assert.equal(clipFraction, 0.5);
});

Deno.test("valueLoss() of nothing, and of equal returns, is finite", () => {
  assert.deepEqual(valueLoss([], [], 0.2), { loss: 0, slopes: [], clipFraction: 0, explainedVariance: 0 });
  const equal = { ...response, returns: row(1, 1, 1) };
  assert.equal(valueLoss([equal], weights, null).explainedVariance, 0);
});

Deno.test("valueLoss() says what is missing", () => {
  const { values: _, ...without } = response;
  assert.throws(() => valueLoss([without], weights, null), { name: "TypeError", message: /Response 0 lacks values,/ });
  const { returns: __, ...uncredited } = response;
  assert.throws(() => valueLoss([uncredited], weights, null), /Response 0 lacks returns, .* pass on what credit/);
  assert.throws(() => valueLoss([{ ...response, oldValues: undefined }], weights, 0.2), /lacks oldValues/);
  valueLoss([{ ...response, oldValues: undefined }], weights, null);
});
