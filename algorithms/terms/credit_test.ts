import assert from "node:assert/strict";
import { batchBaseline, groupAdvantage, leaveOneOut, outcomeCredit, whitenAdvantages } from "./credit.ts";

const divisor = { ddof: 0, stdEpsilon: 0 };
const close = (actual: number[], expected: number[]) =>
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12, `${actual} is not ${expected}`));

Deno.test("groupAdvantage() divides by the group's, the batch's or no deviation", () => {
  const rewards = [1, 0, 4, 0], groups = [7, 7, 3, 3];
  close(groupAdvantage(rewards, groups, { ...divisor, scale: "none" }), [0.5, -0.5, 2, -2]);
  close(groupAdvantage(rewards, groups, { ...divisor, scale: "group" }), [1, -1, 1, -1]);
  const std = Math.sqrt(2.6875); // of 1, 0, 4, 0
  close(groupAdvantage(rewards, groups, { ...divisor, scale: "batch" }), [0.5, -0.5, 2, -2].map((a) => a / std));
});

Deno.test("groupAdvantage() groups by prompt, wherever its responses stand", () => {
  close(groupAdvantage([1, 4, 0, 0], [0, 1, 0, 1], { ...divisor, scale: "none" }), [0.5, 2, -0.5, -2]);
});

Deno.test("equal rewards, a group of one and no group at all give 0, even with eps 0", () => {
  for (const scale of ["group", "batch", "none"] as const) {
    assert.deepEqual(groupAdvantage([0.1, 0.1, 0.1], [0, 0, 0], { ...divisor, scale }), [0, 0, 0]);
    assert.deepEqual(groupAdvantage([0.1 + 0.2, 0.3], [0, 0], { ...divisor, scale }), [0, 0]);
    assert.deepEqual(groupAdvantage([5], [0], { ddof: 1, stdEpsilon: 0, scale }), [0]);
    assert.deepEqual(groupAdvantage([], [], { ...divisor, scale }), []);
  }
  assert.deepEqual(leaveOneOut([5], [0]), [0]);
  assert.deepEqual(batchBaseline([5]), [0]);
});

Deno.test("leaveOneOut() is the reward minus the mean of the others", () => {
  close(leaveOneOut([1, 2, 6], [0, 0, 0]), [1 - 4, 2 - 3.5, 6 - 1.5]);
});

Deno.test("a missing reward is left out of every baseline and has advantage 0", () => {
  close(groupAdvantage([1, null, 0], [0, 0, 0], { ...divisor, scale: "group" }), [1, 0, -1]);
  close(leaveOneOut([1, null, 0], [0, 0, 0]), [1, 0, -1]);
  close(batchBaseline([3, null, 0]), [1.5, 0, -1.5]);
  close(whitenAdvantages([3, 0, 1], [3, null, 1], divisor), [1, 0, -1]);
});

Deno.test("outcomeCredit() spreads advantages over tokens and counts groups without signal", () => {
  const response = { tokens: [], rewards: {}, truncated: false };
  const row = (length: number) => ({ logProbs: new Float64Array(length), oldLogProbs: new Float64Array(length) });
  const batch = [{ ...response, group: 0, ...row(2) }, { ...response, group: 1, ...row(0) }];
  const { advantages, metrics } = outcomeCredit(batch, [2, 0], [1, null]);
  assert.deepEqual(advantages.map((values) => [...values]), [[2, 2], []]);
  assert.deepEqual(metrics, { groupsWithoutSignal: 0.5, advantageStd: 1 });
  assert.deepEqual(outcomeCredit([], [], []).metrics, { groupsWithoutSignal: 0, advantageStd: 0 });
});
