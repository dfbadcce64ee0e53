import assert from "node:assert/strict";
import { cosineSimilarity, trigramSimilarity } from "./similarity.ts";

Deno.test("trigramSimilarity() is 1 for the same phrase, 0 for nothing shared, and higher for shared words", () => {
  const phrases = ["let us check", "let us check", "let us see", "why not", "", "a"];
  const similarity = trigramSimilarity(phrases);
  assert.equal(similarity(0, 1), 1);
  assert.equal(similarity(0, 3), 0);
  // " let us " has 6 trigrams of 12 and 10.
  assert.equal(similarity(0, 2), 2 * 6 / (12 + 10));
  assert.equal(similarity(4, 4), 0);
  assert.equal(similarity(5, 5), 1);
});

Deno.test("trigramSimilarity() counts a trigram as often as both have it", () => {
  assert.equal(trigramSimilarity(["aaaa", "aaa"])(0, 1), 2 * 3 / (4 + 3));
});

Deno.test("cosineSimilarity() is the cosine, whatever the lengths", () => {
  const similarity = cosineSimilarity([[3, 4], [6, 8], [-4, 3], [0, 0]]);
  assert.ok(Math.abs(similarity(0, 1) - 1) < 1e-15);
  assert.ok(Math.abs(similarity(0, 2)) < 1e-15);
  assert.equal(similarity(0, 3), 0);
});

Deno.test("cosineSimilarity() refuses vectors that can't be compared", () => {
  assert.throws(() => cosineSimilarity([[1, 2], [1]]), /^RangeError: Vector 1 is not 2 finite numbers/);
  assert.throws(() => cosineSimilarity([[1, 2], [1, NaN]]), /Vector 1 is not 2 finite numbers/);
});
