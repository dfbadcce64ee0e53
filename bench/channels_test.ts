import { strict as assert } from "node:assert";
import { channelMeans, rewardsOf } from "./channels.ts";
import type { Rollout } from "./rollout.ts";

/** A response of 25 tokens that was graded so. */
function graded(rewards: Record<string, number | null>): Pick<Rollout, "grade" | "generation"> {
  const tokens = Array(25).fill(1);
  const generation = { tokens, logProbs: tokens.map(() => -1), truncated: false } as unknown as Rollout["generation"];
  return { grade: { rewards, answer: null, reason: "" }, generation };
}

const settings = { rewards: ["accuracy", "format", "brevity"], maxTokens: 100 };
const conditions = { brevity: { on: "accuracy", atLeast: 1 } };

Deno.test("channels are those of the task and of the runner, in the order of the suite", () => {
  assert.deepEqual(Object.entries(rewardsOf(graded({ accuracy: 0, format: 1, other: 3 }), settings)), [
    ["accuracy", 0],
    ["format", 1],
    ["brevity", 0.75],
  ]);
  assert.throws(
    () => rewardsOf(graded({ accuracy: 1 }), { ...settings, rewards: ["acuracy"] }),
    /unknown reward channel "acuracy"; did you mean "accuracy"\?/,
  );
});

Deno.test("a channel with a condition counts only where the other is high enough", () => {
  const brevity = (accuracy: number | null) =>
    rewardsOf(graded({ accuracy, format: 1 }), { ...settings, rewardConditions: conditions }).brevity;
  assert.deepEqual([brevity(1), brevity(0.5), brevity(0), brevity(null)], [0.75, 0, 0, null]);
});

Deno.test("the other channel need not be one that algorithms see", () => {
  const rewards = rewardsOf(graded({ accuracy: 0, format: 1 }), {
    ...settings,
    rewards: ["format"],
    rewardConditions: { format: { on: "accuracy", atLeast: 1 } },
  });
  assert.deepEqual(rewards, { format: 0 });
});

Deno.test("a reward that is missing stays missing, whatever its condition", () => {
  const rewards = rewardsOf(graded({ accuracy: 0, format: null }), {
    ...settings,
    rewards: ["format"],
    rewardConditions: { format: { on: "accuracy", atLeast: 1 } },
  });
  assert.deepEqual(rewards, { format: null });
});

Deno.test("the record has the mean of every channel, over the responses that have it", () => {
  const rollouts = [graded({ accuracy: 1, parsed: 1 }), graded({ accuracy: 0, parsed: null })] as Rollout[];
  assert.deepEqual(channelMeans(rollouts, 100), { accuracy: 0.5, parsed: 1, brevity: 0.75 });
  const missing = [graded({ accuracy: 0, parsed: null })] as Rollout[];
  assert.equal(channelMeans(missing, 100).parsed, null);
});
