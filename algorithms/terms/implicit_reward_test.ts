import assert from "node:assert/strict";
import { type ImplicitRewardOptions, implicitRewardPairLoss, regressImplicitReward } from "./implicit_reward.ts";

const options: ImplicitRewardOptions = { denominator: "old", beta: 0.5, divisor: "one" };
const batch = ([
  [0, 1, [-1, -2], [-1.5, -1]],
  [0, -1, [-3], [-2]],
  [1, 0, [-1], [-9]],
  [0, 0, [-1], [-0.5]],
] as [number, number, number[], number[]][]).map(([group, advantage, logProbs, oldLogProbs]) => ({
  group,
  tokens: logProbs,
  rewards: {},
  truncated: false,
  logProbs: Float64Array.from(logProbs),
  oldLogProbs: Float64Array.from(oldLogProbs),
  referenceLogProbs: Float64Array.from(logProbs),
  advantages: Float64Array.from(logProbs, () => advantage),
}));
const close = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i] - value) < 1e-12, `${actual} is not ${expected}`));

Deno.test("regressImplicitReward() is half the squared distance of centred implicit rewards to advantages", () => {
  const { loss, slopes, implicitReward, residual } = regressImplicitReward(batch, [3, 1, 5, 2], options);
  close(implicitReward, [-0.25, -0.5, 4, -0.25]);
  const centred = [1 / 12, -1 / 6, 0, 1 / 12];
  close(residual, [centred[0] - 1, centred[1] + 1, 0, centred[3]]);
  close([loss], [residual.reduce((sum, value) => sum + value * value / 2, 0)]);
  close(slopes, [...residual].map((value) => 0.5 * value));
});

Deno.test("regressImplicitReward() leaves out responses without reward, and groups of one", () => {
  const { residual, loss } = regressImplicitReward(batch, [3, null, 5, null], options);
  assert.deepEqual([...residual, loss], [0, 0, 0, 0, 0]);
});

Deno.test("regressImplicitReward() against the reference, divided by n − 1", () => {
  const given = { ...options, denominator: "reference", divisor: "n_minus_1" } as const;
  const { loss, slopes } = regressImplicitReward(batch, [3, 1, 5, 2], given);
  close([loss, ...slopes], [(1 + 1) / 2 / 2, -0.25, 0.25, 0, 0]);
});

Deno.test("implicitRewardPairLoss() is 0 where the log-ratios differ by the reward gap over β", () => {
  close([implicitRewardPairLoss(0.1, 5, 0.5), implicitRewardPairLoss(0.1, 0, 1)], [0, 0.25]);
});
