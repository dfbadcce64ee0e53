import assert from "node:assert/strict";
import { perGroup } from "./per_group.ts";

Deno.test("perGroup() gives the rule the rewards that are there, wherever they stand, and 0 to the others", () => {
  const seen: [number[], readonly number[]][] = [];
  const values = perGroup([1, 2, null, 3, null], [7, 8, 7, 7, 9], (rewards, indices) => {
    seen.push([rewards, indices]);
    return rewards.map((reward) => 10 * reward);
  });
  assert.deepEqual(values, [10, 20, 0, 30, 0]);
  assert.deepEqual(seen, [[[1, 3], [0, 3]], [[2], [1]], [[], []]]);
});
