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

Deno.test("an epoch of steps visits every problem of a list once", () => {
  const seen = [1, 2, 3, 4].flatMap((step) => trainingIndices(list(12), 5, step, 3));
  assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: 12 }, (_, i) => i));
});

Deno.test("a step may span two epochs, and a list shorter than a step is walked several times", () => {
  assert.equal(trainingIndices(list(2), 5, 1, 7).length, 7);
});

Deno.test("a generator is read without repeats, from a place that depends on the seed", () => {
  const seen = new Set([1, 2, 3].flatMap((step) => trainingIndices(list(Infinity), 5, step, 16)));
  assert.equal(seen.size, 48);
  assert.notEqual(trainingIndices(list(Infinity), 6, 1, 1)[0], trainingIndices(list(Infinity), 5, 1, 1)[0]);
  assert.ok(seen.values().every(Number.isSafeInteger));
});

Deno.test("the held-out problems are fixed, distinct, and all of a short list", () => {
  assert.equal(new Set(evaluationIndices(list(1000), 64)).size, 64);
  assert.deepEqual(evaluationIndices(list(1000), 64), evaluationIndices(list(1000), 64));
  assert.deepEqual(evaluationIndices(list(3), 64), [0, 1, 2]);
  assert.deepEqual(evaluationIndices(list(Infinity), 3), [0, 1, 2]);
});
