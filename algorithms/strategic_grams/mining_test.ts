import assert from "node:assert/strict";
import { clusterDocumentFrequency } from "./document_frequency.ts";
import { compileGrams } from "./matcher.ts";
import { mineStrategicGrams } from "./mining.ts";
import { candidateGrams } from "./n_grams.ts";

const subjects = ["red apples", "old pens", "green cups", "big shells", "new keys"];
/** Forty solutions with two kinds of planning in most and one of five subjects in each. */
const corpus = Array.from({ length: 40 }, (_, i) =>
  [
    i % 4 ? "Let us think." : "We begin.",
    `${i}+1=${i + 1} ${subjects[i % 5]}`,
    i % 3 ? "Let us check it." : "Done!",
    i % 8 ? "So the answer is" : "",
    `#### ${i + 1}`,
  ].join("\n"));

Deno.test("mining finds what most solutions share and leaves what they are about", () => {
  const { grams, clusters, solutions } = mineStrategicGrams(corpus, { words: [1, 5] });
  assert.equal(solutions, 40);
  assert.equal(clusters.length, 9);
  assert.deepEqual(grams, ["let us", "let us think", "let us check it", "so the answer is"]);
  assert.deepEqual(clusters.slice(0, 2).map(({ frequency, strategic }) => [frequency, strategic]), [
    [new Set(corpus.filter((text) => text.includes("Let us"))).size / 40, true],
    [35 / 40, true],
  ]);
  assert.deepEqual(clusters.map(({ strategic }) => strategic), clusters.map((_, i) => i < 2));
});

Deno.test("mining does not depend on the order of solutions or on repeated ones", () => {
  const once = mineStrategicGrams(corpus);
  const turned = [...corpus.slice(17), ...corpus.slice(0, 17), ...corpus.slice(3, 9)].reverse();
  assert.deepEqual(mineStrategicGrams(turned), once);
});

Deno.test("a cluster's frequency is that of its n-grams when they are searched for", () => {
  const { clusters } = mineStrategicGrams(corpus, { words: [1, 4], similarity: 0.3 });
  const searched = clusterDocumentFrequency(corpus, Object.fromEntries(clusters.map(({ grams }, i) => [i, grams])));
  assert.deepEqual(Object.values(searched), clusters.map(({ frequency }) => frequency));
});

Deno.test("what was mined can be compiled and found", () => {
  const { grams } = mineStrategicGrams(corpus, { share: 1, words: [1, 5], numbers: true });
  const matcher = compileGrams(grams);
  assert.deepEqual(matcher.grams.toSorted(), grams.toSorted());
});

Deno.test("vectors decide which phrases are of one kind", () => {
  const options = { words: [1, 5] as const };
  const vectors = new Map(
    candidateGrams(corpus, options).map(({ gram }) => [gram, /\b(let|answer|begin)\b/.test(gram) ? [1, 0] : [0, 1]]),
  );
  const { clusters } = mineStrategicGrams(corpus, { ...options, vectors });
  assert.deepEqual(clusters.map(({ grams }) => grams.includes("so the answer is")), [false, true]);
  assert.ok(clusters[1].grams.includes("let us think"));
  assert.throws(
    () => mineStrategicGrams(corpus, { ...options, vectors: new Map() }),
    /^RangeError: There is no vector for ".*"; give one for every candidate$/,
  );
});

Deno.test("no solutions have no grams, and options out of range are refused", () => {
  assert.deepEqual(mineStrategicGrams([]), { grams: [], clusters: [], solutions: 0 });
  assert.throws(() => mineStrategicGrams([], { share: 20 }), /^RangeError: share is 20; use a number from 0 to 1$/);
  assert.throws(() => mineStrategicGrams([], { similarity: NaN }), /similarity is NaN/);
});
