import assert from "node:assert/strict";
import { addGroups, difficultyOf } from "./difficulty.ts";
import { addValues, emptySketch } from "./streaming_quantiles.ts";

Deno.test("difficultyOf() waits for the warm-up and compares strictly with the quartiles", () => {
  const stream = addValues(emptySketch, [0, 0.25, 0.5, 0.75, 1]);
  assert.equal(difficultyOf(0, stream, 5), "warm_up");
  const found = [0, 0.25, 0.49, 0.5, 0.75].map((mean) => difficultyOf(mean, stream, 4));
  assert.deepEqual(found, ["very_hard", "hard", "hard", "medium", "easy"]);
});

Deno.test("addGroups() adds the mean reward of each group that has one", () => {
  const stream = addGroups(emptySketch, [1, 0.5, 0, null, null], [0, 1, 0, 2, 1]);
  assert.deepEqual(stream, { values: [0.5], counts: [2] });
});
