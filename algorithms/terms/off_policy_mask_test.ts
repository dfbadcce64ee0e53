import assert from "node:assert/strict";
import { grpo } from "../grpo.ts";
import { offPolicyMask } from "./off_policy_mask.ts";

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
});

Deno.test("dropOffPolicy() silences dropped responses, which still count in the divisor and keep their KL", () => {
  const referenceLogProbs = Float64Array.of(-3, -3);
  const batch = [response(-1, [-2, -2], [-1, -2]), response(1, [-9, -9], [-1, -1])]
    .map((one) => ({ ...one, referenceLogProbs }));
  const plain = grpo.create({ beta: 0.1 }).loss(batch);
  const masked = grpo.create({ beta: 0.1, offPolicyThreshold: 0.25 }).loss(batch);
  const klOnly = grpo.create({ beta: 0.1 })
    .loss(batch.map((one) => ({ ...one, advantages: new Float64Array(2) })));
  assert.deepEqual([masked.gradient[0], masked.gradient[1]], [klOnly.gradient[0], plain.gradient[1]]);
  assert.deepEqual([masked.trace.keep, masked.trace.sequenceKl], [Float64Array.of(0, 1), Float64Array.of(0.5, 8)]);
  assert.equal(masked.metrics.droppedFraction, 0.5);
  assert.deepEqual([...batch[0].advantages], [-1, -1]);
});
