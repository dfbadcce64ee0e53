import assert from "node:assert/strict";
import { candidateGrams, type NGramOptions, wordNGrams } from "./n_grams.ts";

const grams = (text: string, options: NGramOptions = {}) => [...wordNGrams(text, options)];

Deno.test("wordNGrams() gives three to five words in a row, none across a sentence, a line or a number", () => {
  assert.deepEqual(grams("a b c d"), ["a b c", "a b c d", "b c d"]);
  assert.deepEqual(grams("A b, c. D e f 2 g h i2 j\nk l\nm"), ["a b c", "d e f"]);
  assert.deepEqual(grams("a b 2", { words: [1, 2] }), ["a", "a b", "b"]);
  assert.deepEqual(grams("a b 2", { words: [2, 3], numbers: true }), ["a b", "a b 2", "b 2"]);
});

const candidates = (solutions: string[], options: NGramOptions = {}) =>
  candidateGrams(solutions, { words: [1, 3], ...options }).map(({ gram, solutions }) => `${gram}: ${solutions}`);

Deno.test("candidateGrams() leaves out what is part of a longer n-gram in the same solutions, and what is rare", () => {
  assert.deepEqual(candidates(["so it is", "it, so it is", "is rare"]), ["is: 0,1,2", "so it is: 0,1"]);
  assert.deepEqual(candidates(["so it is", "it was"]), ["it: 0,1"]);
  assert.deepEqual(candidates(["a", "b"]), []);
  assert.deepEqual(candidates(["a", "b"], { minimumSolutions: 1 }), ["a: 0", "b: 1"]);
});

Deno.test("candidateGrams() keeps the most frequent, equally frequent ones by text", () => {
  const solutions = ["c. b. a", "c. b. a", "c"];
  assert.deepEqual(candidates(solutions, { candidates: 2 }), ["a: 0,1", "c: 0,1,2"]);
  assert.deepEqual(candidates(solutions.toReversed(), { candidates: 2 }), ["a: 1,2", "c: 0,1,2"]);
});

Deno.test("candidateGrams() refuses options that mean nothing", () => {
  assert.throws(() => candidates([], { words: [0, 3] }), /^RangeError: words is 0; use a whole number from 1$/);
  assert.throws(() => candidates([], { words: [3, 2] }), /words is 3 to 2; use whole numbers, the smaller first/);
  assert.throws(() => candidates([], { candidates: 1.5 }), /candidates is 1.5; use a whole number from 1/);
  assert.throws(() => candidates([], { minimumSolutions: NaN }), /minimumSolutions is NaN/);
});
