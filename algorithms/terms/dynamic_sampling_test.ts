import assert from "node:assert/strict";
import { hasVariedGroup } from "./dynamic_sampling.ts";

Deno.test("hasVariedGroup() is about the group, wherever its members stand", () => {
  assert.deepEqual(hasVariedGroup([0, 1, 0, 1], [1, 0, 0, 0]), [true, false, true, false]);
});

Deno.test("hasVariedGroup() does not take rounding for a difference", () => {
  assert.deepEqual(hasVariedGroup([0, 0, 0], [0.1, 0.1, 0.3 - 0.2]), [false, false, false]);
  assert.deepEqual(hasVariedGroup([0, 0], [0, 1e-9]), [true, true]);
});

Deno.test("hasVariedGroup() looks past scores that are missing", () => {
  assert.deepEqual(hasVariedGroup([0, 0, 0, 1, 2, 2], [1, null, 0, 1, null, null]), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});
