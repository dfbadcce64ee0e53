import assert from "node:assert/strict";
import { binaryDivergence } from "./binary_divergence.ts";

const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-14, `${actual}`);

Deno.test("binaryDivergence() is that of two coins", () => {
  close(binaryDivergence("tv", Math.log(0.7), Math.log(0.5)), 0.2);
  close(binaryDivergence("tv", Math.log(0.5), Math.log(0.7)), 0.2);
  close(binaryDivergence("kl", Math.log(0.75), Math.log(0.5)), 0.5 * Math.log(2 / 3) + 0.5 * Math.log(2));
});

Deno.test("binaryDivergence() is 0 where nothing moved, and never NaN for certain tokens", () => {
  for (const logProb of [0, -1e-12, -1, -50]) {
    assert.equal(binaryDivergence("tv", logProb, logProb), 0);
    assert.equal(binaryDivergence("kl", logProb, logProb), 0);
  }
  assert.equal(binaryDivergence("kl", 0, -1), Infinity);
  close(binaryDivergence("kl", -1, 0), 1);
});
