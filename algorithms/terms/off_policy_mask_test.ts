import assert from "node:assert/strict";
import { dropOffPolicy, offPolicyMask } from "./off_policy_mask.ts";

const response = (advantage: number, logProbs: number[], oldLogProbs: number[], mask?: number[]) => ({
  group: 0,
  tokens: logProbs.map((_, t) => t),
  rewards: {},
  truncated: false,
  mask,
  logProbs: Float64Array.from(logProbs),
  oldLogProbs: Float64Array.from(oldLogProbs),
  advantages: new Float64Array(logProbs.length).fill(advantage),
});

Deno.test("offPolicyMask() drops what is bad and already unlikely, by the mean over chosen tokens", () => {
  const batch = [
    response(-1, [-2, -2], [-1, -2]),
    response(1, [-9, -9], [-1, -1]),
    response(-1, [-2, -1], [-1, -2]),
    response(-1, [-2, NaN], [-1.5, NaN], [1, 0]),
    response(-1, [], []),
  ];
  const mask = offPolicyMask(batch, 0.25);
  assert.deepEqual(mask, { sequenceKl: [0.5, 8, 0, 0.5, 0], keep: [false, true, true, false, true] });
  assert.deepEqual(offPolicyMask(batch, 0.5).keep, [true, true, true, true, true]);
  const dropped = dropOffPolicy(batch, mask);
  assert.deepEqual(dropped.map(({ advantages }) => [...advantages]), [[0, 0], [1, 1], [-1, -1], [0, 0], []]);
  assert.deepEqual([...batch[0].advantages], [-1, -1]);
});
