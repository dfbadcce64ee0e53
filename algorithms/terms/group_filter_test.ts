import assert from "node:assert/strict";
import type { Response } from "../algorithm.ts";
import { filterScores, retainBest, shareOfGroup } from "./group_filter.ts";

const response = (group: number, oldLogProbs: number[], mask?: number[]): Response => ({
  group,
  tokens: oldLogProbs,
  rewards: {},
  truncated: false,
  logProbs: Float64Array.from(oldLogProbs),
  oldLogProbs: Float64Array.from(oldLogProbs),
  ...(mask && { mask }),
});

Deno.test("filterScores() count chosen tokens, and an empty response divides by 1", () => {
  const batch = [response(0, [-1, -1, -1], [1, 0, 1]), response(0, [-1]), response(0, []), response(0, [-1])];
  const rewards = [1, -0.5, 2, null];
  assert.deepEqual(filterScores(batch, rewards, "shortest"), [-2, -1, -0, null]);
  assert.deepEqual(filterScores(batch, rewards, "token_efficiency"), [0.5, -0.5, 2, null]);
});

Deno.test("retainBest() keeps the best of each group, wherever they stand, and never one without a score", () => {
  const batch = [0, 1, 0, 1, 0].map((group) => response(group, [-1]));
  assert.deepEqual(retainBest(batch, [1, 5, 3, null, 2], () => 2), [false, true, true, false, true]);
  const sizes: number[] = [];
  retainBest(batch, [1, 5, 3, null, 2], (members) => sizes.push(members.length));
  assert.deepEqual(sizes, [3, 1]);
});

Deno.test("equal scores go to the likelier response, and only then to the earlier", () => {
  const batch = [response(0, [-2]), response(0, [-0.5]), response(0, [-1]), response(0, [-0.5])];
  assert.deepEqual(retainBest(batch, [0, 0, 0, 0], () => 2), [false, true, false, true]);
  assert.deepEqual(retainBest(batch, [0, 0, 0, 0], () => 1), [false, true, false, false]);
  assert.deepEqual(retainBest(batch, [0, 0, 0, 1], () => 2), [false, true, false, true]);
});

Deno.test("shareOfGroup() is 8, 8, 6, 4 of 16 for the paper's shares, and at least 2 of a small group", () => {
  assert.deepEqual([0.5, 0.5, 0.375, 0.25].map((share) => shareOfGroup(16, share)), [8, 8, 6, 4]);
  assert.deepEqual([0.5, 0.375, 0.25].map((share) => shareOfGroup(4, share)), [2, 2, 2]);
  assert.deepEqual([0, 1, 3].map((size) => shareOfGroup(size, 0.5)), [0, 1, 2]);
});
