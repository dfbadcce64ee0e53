import assert from "node:assert/strict";
import type { Response } from "../algorithm.ts";
import { signedTotalReward } from "./signed_reward.ts";

const reward = (
  rewards: Response["rewards"],
  options: { signedReward?: boolean; rewardWeights?: Record<string, number> },
) =>
  signedTotalReward(
    { group: 0, tokens: [], rewards, truncated: false, logProbs: new Float64Array(), oldLogProbs: new Float64Array() },
    { signedReward: true, rewardWeights: null, accuracyChannel: "accuracy", ...options },
  );

Deno.test("signedTotalReward() maps the accuracy and leaves other channels as they are", () => {
  assert.deepEqual([1, 0, 0.5].map((accuracy) => reward({ accuracy }, {})), [1, -1, 0]);
  assert.equal(reward({ accuracy: 0, format: 1 }, {}), 0);
  assert.equal(reward({ accuracy: 0, format: 1 }, { rewardWeights: { accuracy: 2, format: 0.5 } }), -1.5);
  assert.equal(reward({ accuracy: 0, format: 1 }, { signedReward: false }), 1);
});

Deno.test("signedTotalReward() has nothing to map without the channel", () => {
  assert.deepEqual([reward({ total: 0 }, {}), reward({ accuracy: null }, {}), reward({}, {})], [0, null, null]);
});
