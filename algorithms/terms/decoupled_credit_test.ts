import assert from "node:assert/strict";
import type { Response } from "../algorithm.ts";
import { decoupledCredit, leaveOneOutScores, whitenWeighted } from "./decoupled_credit.ts";

const response = (group: number, rewards: Record<string, number | null>, length = 1): Response => ({
  group,
  tokens: new Uint8Array(length),
  rewards,
  truncated: false,
  logProbs: new Float64Array(length),
  oldLogProbs: new Float64Array(length),
});

const plain: Parameters<typeof decoupledCredit>[1] = {
  rewardWeights: null,
  conditions: null,
  missing: "ignore",
  baseline: "group",
  ddof: 0,
  stdEpsilon: 0,
  whitenLevel: "none",
  whitenEpsilon: 0,
};

const close = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i] - value) < 1e-12, `${[...Array.from(actual)]}`));

Deno.test("leaveOneOutScores() divide by the deviation of the others, or by nothing where that is 0", () => {
  close(leaveOneOutScores([3, 1, 2, 0], [0, 0, 0, 1], { ddof: 1, stdEpsilon: 0 }), [
    1.5 / Math.SQRT1_2,
    -1.5 / Math.SQRT1_2,
    0,
    0,
  ]);
  assert.deepEqual(leaveOneOutScores([3, 1, null], [0, 0, 0], { ddof: 1, stdEpsilon: 0 }), [2, -2, 0]);
  close(leaveOneOutScores([1, 1, 0], [0, 0, 0], { ddof: 1, stdEpsilon: 0 }), [
    0.5 / Math.SQRT1_2,
    0.5 / Math.SQRT1_2,
    -1,
  ]);
});

Deno.test("whitenWeighted() counts a value as often as it says", () => {
  const divisor = { ddof: 1, stdEpsilon: 0 };
  const long = whitenWeighted([1, 4, null, 9], [3, 1, 5, 0], divisor);
  const apart = whitenWeighted([1, 1, 1, 4], [1, 1, 1, 1], divisor);
  close([long.values[0], long.values[1], long.mean, long.std], [apart.values[0], apart.values[3], 1.75, 1.5]);
  assert.deepEqual(long.values[2], 0);
  assert.deepEqual(whitenWeighted([2, 2], [1, 3], divisor).values, [0, 0]);
  assert.deepEqual(whitenWeighted([], [], divisor), { values: [], mean: 0, std: 0 });
});

Deno.test("a mean that is only rounding does not reach a value of 0", () => {
  const values = [0, 0.1, 0.2, -0.3];
  assert.notEqual(0.1 + 0.2 - 0.3, 0);
  assert.equal(whitenWeighted(values, [1, 1, 1, 1], { ddof: 1, stdEpsilon: 0 }).values[0], 0);
});

Deno.test("decoupledCredit() weighs after normalising", () => {
  // The size of a reward does not matter, its weight does.
  const batch = [[1, 0], [0, 100], [1, 0], [0, 0]].map(([a, b]) => response(0, { a, b }));
  const { advantages, trace, metrics } = decoupledCredit(batch, { ...plain, rewardWeights: { a: 2, b: 0.5 } });
  const b = [-1, 3, -1, -1].map((value) => value / Math.sqrt(3));
  close(advantages.map(([value]) => value), [2 + b[0] / 2, -2 + b[1] / 2, 2 + b[2] / 2, -2 + b[3] / 2]);
  close((trace!.channelAdvantages as Float64Array[])[1], b);
  assert.deepEqual([...trace!.rewards as Float64Array], [2, 50, 2, 0]);
  close([metrics.advantageStd_a, metrics.advantageStd_b], [1, 1]);
});

Deno.test("channels that cancel leave nothing, not even rounding", () => {
  const batch = [0.1, 0.7, 0.4, 0.35, 0.95].map((a) => response(0, { a, b: 1 - a }));
  const { advantages, metrics } = decoupledCredit(batch, { ...plain, whitenLevel: "response", ddof: 1 });
  assert.deepEqual(advantages.map(([value]) => value), [0, 0, 0, 0, 0]);
  assert.equal(metrics.groupsWithoutSignal, 1);
});

Deno.test("decoupledCredit() whitens over responses or over tokens", () => {
  const batch = [3, 1].flatMap((length, group) => [1, 0].map((a) => response(group, { a }, a ? length : 1)));
  const at = (whitenLevel: "response" | "token") =>
    decoupledCredit(batch, { ...plain, whitenLevel }).advantages.map(([value]) => value);
  close(at("response"), [1, -1, 1, -1]);
  // Tokens: 1, 1, 1, −1, 1, −1 have mean 1/3 and variance 8/9.
  const std = Math.sqrt(8 / 9);
  at("token").forEach((value, i) => assert.ok(Math.abs(value - [2 / 3, -4 / 3, 2 / 3, -4 / 3][i] / std) < 1e-7));
});
