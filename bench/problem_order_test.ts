import { strict as assert } from "node:assert";
import type { Problems } from "../tasks/task.ts";
import { evaluationIndices, permutation, trainingIndices } from "./problem_order.ts";

const list = (length: number): Problems => ({
  length,
  at: (index) => ({ id: `${index}`, question: "", gold: "" }),
  digest: "",
  source: "",
});

Deno.test("permutation() holds every index once and depends on seed and coordinates", () => {
  assert.deepEqual([...permutation(100, 1, 0)].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.notDeepEqual(permutation(100, 1, 0), permutation(100, 2, 0));
  assert.notDeepEqual(permutation(100, 1, 0), permutation(100, 1, 1));
});

Deno.test("an epoch visits every problem of a list once, however it is cut into pieces", () => {
  const whole = trainingIndices(list(12), 5, 0, 12);
  assert.deepEqual([...whole].sort((a, b) => a - b), Array.from({ length: 12 }, (_, i) => i));
  for (const counts of [[3, 3, 3, 3], [1, 7, 0, 4]]) {
    let used = 0;
    const seen = counts.flatMap((count) => trainingIndices(list(12), 5, (used += count) - count, count));
    assert.deepEqual(seen, whole);
  }
});

Deno.test("a piece may span two epochs, and a list shorter than a piece is walked several times", () => {
  assert.equal(trainingIndices(list(2), 5, 0, 7).length, 7);
  assert.deepEqual(trainingIndices(list(5), 5, 3, 4), trainingIndices(list(5), 5, 0, 7).slice(3));
});

Deno.test("a generator is read without repeats, from a place that depends on the seed", () => {
  const seen = new Set([0, 16, 32].flatMap((first) => trainingIndices(list(Infinity), 5, first, 16)));
  assert.equal(seen.size, 48);
  assert.deepEqual([...seen], trainingIndices(list(Infinity), 5, 0, 48));
  assert.notEqual(trainingIndices(list(Infinity), 6, 0, 1)[0], trainingIndices(list(Infinity), 5, 0, 1)[0]);
  assert.ok(seen.values().every(Number.isSafeInteger));
});

Deno.test("the held-out problems are fixed, distinct, and all of a short list", () => {
  assert.equal(new Set(evaluationIndices(list(1000), 64)).size, 64);
  assert.deepEqual(evaluationIndices(list(1000), 64), evaluationIndices(list(1000), 64));
  assert.deepEqual(evaluationIndices(list(3), 64), [0, 1, 2]);
  assert.deepEqual(evaluationIndices(list(Infinity), 3), [0, 1, 2]);
});
