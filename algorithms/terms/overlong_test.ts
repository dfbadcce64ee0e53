import assert from "node:assert/strict";
import { softOverlong } from "./overlong.ts";

Deno.test("softOverlong() is 0, then linear, then -1", () => {
  const at = (length: number) => softOverlong(length, 20480, 4096);
  assert.deepEqual([0, 16384, 18432, 20480, 30000].map(at), [0, 0, -0.5, -1, -1]);
  assert.equal(at(16385), -1 / 4096);
});

Deno.test("softOverlong() without a cache is a step", () => {
  assert.deepEqual([7, 8, 9].map((length) => softOverlong(length, 8, 0)), [0, 0, -1]);
});

Deno.test("softOverlong() refuses a cache that would punish everything", () => {
  assert.throws(() => softOverlong(1, 64, 4096), /cache is 4096 tokens, but a response has at most 64; use a smaller/);
});
