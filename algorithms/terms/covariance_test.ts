import assert from "node:assert/strict";
import { countOf, markGreatest, tokenCovariance } from "./covariance.ts";

const response = (logProbs: number[], advantage: number, mask?: number[]) => ({
  group: 0,
  tokens: logProbs.map((_, t) => t),
  mask,
  rewards: {},
  truncated: false,
  logProbs: Float64Array.from(logProbs),
  oldLogProbs: Float64Array.from(logProbs),
  advantages: new Float64Array(logProbs.length).fill(advantage),
});
const rows = (marks: readonly ArrayLike<number>[]) => marks.map((row) => Array.from(row));

Deno.test("tokenCovariance() is the product of deviations over the chosen tokens of the batch", () => {
  const batch = [response([-1, NaN, -3], 1, [1, 0, 1]), response([-4], -2), response([], 5)];
  assert.deepEqual(rows(tokenCovariance(batch)), [[(-1 + 8 / 3) * 1, 0, (-3 + 8 / 3) * 1], [(-4 + 8 / 3) * -2], []]);
});

Deno.test("tokenCovariance() is exactly 0 where all advantages are equal", () => {
  const batch = [response([-1, -2], 0.1), response([-4], 0.1), response([-3], 0.1)];
  assert.ok(rows(tokenCovariance(batch)).flat().every((value) => value === 0));
});

Deno.test("markGreatest() marks the greatest candidates, and all that tie with the last of them", () => {
  assert.deepEqual(rows(markGreatest([[1, null, 3], [], [2]], 2)), [[0, 0, 1], [], [1]]);
  assert.deepEqual(rows(markGreatest([[2, 3], [2, 1]], 2)), [[1, 1], [1, 0]]);
  assert.deepEqual(rows(markGreatest([[0.1 + 0.2, 1], [0.3, 0.2]], 2)), [[1, 1], [1, 0]]);
  assert.deepEqual(rows(markGreatest([[1, 2]], 9)), [[1, 1]]);
  assert.deepEqual(rows(markGreatest([[null], []], 1)), [[0], []]);
});

Deno.test("countOf() rounds a share down, but at least one token is meant", () => {
  assert.deepEqual([countOf(0.2, 10), countOf(0.2, 14), countOf(2e-4, 10), countOf(1, 3)], [2, 2, 1, 3]);
});
