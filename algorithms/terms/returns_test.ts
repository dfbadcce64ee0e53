import assert from "node:assert/strict";
import { outcomeTokenRewards, returnCredit, returnToGo, whitenTokens } from "./returns.ts";

const response = {
  group: 0,
  tokens: [1, 2, 3, 4],
  mask: [1, 0, 1, 0],
  rewards: {},
  truncated: false,
  logProbs: Float64Array.of(-1, NaN, -1, NaN),
  oldLogProbs: Float64Array.of(-1, NaN, -2, NaN),
  referenceLogProbs: Float64Array.of(-3, NaN, -2.5, NaN),
};

Deno.test("outcomeTokenRewards() puts the outcome on the last chosen token and a KL on each", () => {
  assert.deepEqual([...outcomeTokenRewards(response, 1, 0.5)], [-1, 0, 0.75, 0]);
  assert.deepEqual([...outcomeTokenRewards(response, 1, 0)], [0, 0, 1, 0]);
  assert.deepEqual([...outcomeTokenRewards(response, null, 0.5)], [0, 0, 0, 0]);
  const { referenceLogProbs: _, ...bare } = response;
  assert.throws(() => outcomeTokenRewards(bare, 1, 0.5), /needs referenceLogProbs/);
});

Deno.test("returnToGo() carries the return through tool output, without a discount there", () => {
  assert.deepEqual([...returnToGo(response, Float64Array.of(1, 0, 4, 0), 0.5)], [3, 0, 4, 0]);
  assert.deepEqual([...returnToGo({}, Float64Array.of(1, 0, 4, 0), 0.5)], [2, 2, 4, 0]);
});

Deno.test("whitenTokens() leaves mask 0 and unrewarded responses out, and equal values at 0", () => {
  const rows = [Float64Array.of(1, 9, 3, 9), Float64Array.of(9, 9, 9, 9)];
  const divisor = { ddof: 0, stdEpsilon: 0, insideRoot: true };
  const whitened = whitenTokens([response, response], rows, [0.5, null], divisor);
  assert.deepEqual(whitened.map((row) => [...row]), [[-1, 0, 1, 0], [0, 0, 0, 0]]);
  const equal = [Float64Array.of(0.1, 0.1, 0.1)];
  assert.deepEqual([...whitenTokens([{}], equal, [1], { ...divisor, countEpsilon: 1e-8 })[0]], [0, 0, 0]);
});

Deno.test("whitenTokens() counts n + countEpsilon tokens where asked, as verl's masked_mean", () => {
  const n = 2 + 0.5, average = 4 / n;
  const variance = ((1 - average) ** 2 + (3 - average) ** 2) / n * 2;
  const [row] = whitenTokens([{}], [Float64Array.of(1, 3)], [1], {
    ddof: 1,
    stdEpsilon: 0.1,
    insideRoot: true,
    countEpsilon: 0.5,
  });
  [1, 3].forEach((value, t) =>
    assert.ok(Math.abs(row[t] - (value - average) / Math.sqrt(variance + 0.1)) < 1e-15, `${row[t]}`)
  );
});

Deno.test("returnCredit() counts a group as silent only if all its tokens have advantage 0", () => {
  const batch = [response, { ...response, group: 1 }];
  const { metrics } = returnCredit(
    batch,
    [new Float64Array(4), Float64Array.of(0, 0, 2, 0)],
    [0, 1],
    [new Float64Array(4), new Float64Array(4)],
  );
  assert.equal(metrics.groupsWithoutSignal, 0.5);
  assert.equal(metrics.advantageStd, Math.sqrt((3 * 0.25 + 2.25) / 4));
});
