import assert from "node:assert/strict";
import type { Response } from "../algorithm.ts";
import { channelNames, channelRewards } from "./reward_channels.ts";

const response = (group: number, rewards: Record<string, number | null>): Response => ({
  group,
  tokens: [0],
  rewards,
  truncated: false,
  logProbs: new Float64Array(1),
  oldLogProbs: new Float64Array(1),
});

Deno.test("channelNames() are those with a weight, else all in alphabetical order, the total apart", () => {
  const batch = [response(0, { total: 3, b: 1 }), response(0, { a: 2 })];
  assert.deepEqual(channelNames(batch, null), ["a", "b"]);
  assert.deepEqual(channelNames(batch, { total: 1, b: 2 }), ["total", "b"]);
  assert.deepEqual(channelNames([response(0, { total: 3 })], null), ["total"]);
  assert.deepEqual(channelNames([], null), []);
});

Deno.test("channelRewards() counts a conditioned reward only where the other is high enough", () => {
  const batch = [[1, 1], [0.9, 1], [null, 1], [2, null]].map(([accuracy, short]) => response(0, { accuracy, short }));
  const conditions = { short: { on: "accuracy", atLeast: 1 } };
  const read = (missing: "ignore" | "zero", name = "short") => channelRewards(batch, name, { conditions, missing });
  assert.deepEqual(read("ignore"), [1, 0, null, null]);
  assert.deepEqual(read("zero"), [1, 0, 0, 0]);
  assert.deepEqual(read("ignore", "accuracy"), [1, 0.9, null, 2]);
  assert.throws(
    () => channelRewards([response(0, { a: NaN })], "a", { conditions: null, missing: "zero" }),
    /"a" is NaN/,
  );
});
