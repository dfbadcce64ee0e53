import assert from "node:assert/strict";
import { subtractKl, totalReward } from "./rewards.ts";

Deno.test("totalReward() is the channel total, else the sum, else null", () => {
  assert.equal(totalReward({ rewards: { total: 3, format: 1 } }), 3);
  assert.equal(totalReward({ rewards: { total: null, format: 1 } }), null);
  assert.equal(totalReward({ rewards: { accuracy: 1, format: 0.5, length: null } }), 1.5);
  assert.equal(totalReward({ rewards: { accuracy: null } }), null);
  assert.equal(totalReward({ rewards: {} }), null);
});

Deno.test("totalReward() with weights counts only the channels they name", () => {
  assert.equal(totalReward({ rewards: { total: 9, accuracy: 2, format: 1 } }, { accuracy: 0.5, missing: 7 }), 1);
});

Deno.test("totalReward() refuses a reward that is not finite", () => {
  assert.throws(() => totalReward({ rewards: { accuracy: NaN } }), /Reward channel "accuracy" is NaN; use a finite/);
});

Deno.test("subtractKl() sums over chosen tokens and leaves missing rewards missing", () => {
  const response = {
    group: 0,
    tokens: [1, 2, 3],
    mask: [1, 0, 1],
    rewards: {},
    truncated: false,
    logProbs: new Float64Array(3),
    oldLogProbs: Float64Array.of(-1, -9, -1),
    referenceLogProbs: Float64Array.of(-2, NaN, -1.5),
  };
  assert.deepEqual(subtractKl([response, response], [1, null], 0.1), [1 - 0.1 * 1.5, null]);
});
