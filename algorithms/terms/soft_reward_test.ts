import assert from "node:assert/strict";
import { softReward } from "./soft_reward.ts";

const soft = (rewards: (number | null)[], groups: number[], tau: number) =>
  softReward(rewards, groups, { tau, ddof: 0, stdEpsilon: 0 });

Deno.test("softReward() goes from the mean to the largest reward of each group", () => {
  const rewards = [0, 3, 0, 5, 1], groups = [0, 1, 0, 1, 0];
  const near = (tau: number, expected: number[]) =>
    soft(rewards, groups, tau).advantages.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-5));
  near(1e9, [1 / 3, 4, 1 / 3, 4, 1 / 3]);
  near(1e-9, [1, 5, 1, 5, 1]);
});

Deno.test("softReward() weighs by the softmax of normalised rewards", () => {
  // z of 0 and 2 is −1 and 1, whatever the scale of the rewards.
  const high = 1 / (1 + Math.exp(-4)), { advantages, weights } = soft([0, 2], [0, 0], 0.5);
  assert.ok(Math.abs(weights[1] - high) < 1e-15 && Math.abs(weights[0] + weights[1] - 1) < 1e-15);
  assert.ok(advantages.every((value) => Math.abs(value - 2 * high) < 1e-15));
});

Deno.test("equal rewards are their own soft reward, and a missing one stays out", () => {
  const { advantages, weights } = soft([2, null, 2, null], [0, 0, 0, 1], 0.5);
  assert.deepEqual(advantages, [2, 0, 2, 0]);
  assert.deepEqual(weights, [0.5, 0, 0.5, 0]);
});
