import { strict as assert } from "node:assert";
import fc from "fast-check";
import { detectableDifference } from "../statistics/detectable_difference.ts";
import { pairedDifference } from "../statistics/paired_difference.ts";
import { claims } from "./index.ts";
import { powerOf } from "./power.ts";
import { claimSentence, testSentence } from "./sentences.ts";
import { readVerdicts } from "./verdicts.ts";

const committed = await readVerdicts(new URL("../../fixtures/claims.json", import.meta.url).pathname);

Deno.test("the deviation is taken back from the interval, and so many seeds find a difference that is so far off", () => {
  const x = [0.61, 0.64, 0.6, 0.66, 0.62],
    y = [0.6, 0.6, 0.61, 0.6, 0.61],
    { mean, low, high } = pairedDifference(x, y);
  const differences = x.map((value, i) => value - y[i]);
  const deviation = Math.sqrt(differences.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 4);
  const power = powerOf({ direction: "higher", margin: 0.01, seeds: 5, estimate: { mean, low, high } })!;
  assert.ok(Math.abs(power.detectable - detectableDifference(5, deviation)!) < 1e-12);
  assert.ok(Math.abs(power.distance - (mean - 0.01)) < 1e-15);
  assert.ok(detectableDifference(power.seeds!, deviation)! <= power.distance);
  assert.ok(detectableDifference(power.seeds! - 1, deviation)! > power.distance);
});

Deno.test("the bound is the nearest end of what is claimed; a difference at it can't be told", () => {
  const estimate = { mean: -0.02, low: -0.05, high: 0.01 };
  const distance = (direction: Parameters<typeof powerOf>[0]["direction"], margin: number) =>
    Number(powerOf({ direction, margin, seeds: 5, estimate })!.distance.toFixed(12));
  assert.equal(distance("higher", 0.01), 0.03);
  assert.equal(distance("lower", 0.01), 0.01);
  assert.equal(distance("not lower", 0.03), 0.01);
  assert.equal(distance("not higher", 0.03), 0.05);
  assert.equal(distance("equal", 0.03), 0.01);
  assert.equal(powerOf({ direction: "lower", margin: 0.02, seeds: 5, estimate })!.seeds, null);
});

Deno.test("without an interval of some width nothing is said", () => {
  const test = { direction: "higher", margin: 0, seeds: 1 } as const;
  assert.equal(powerOf({ ...test, estimate: null }), null);
  assert.equal(powerOf({ ...test, estimate: { mean: 1, low: null, high: null } }), null);
  assert.equal(powerOf({ ...test, seeds: 3, estimate: { mean: 1, low: 1, high: 1 } }), null);
});

Deno.test("the closer to the bound, the more seeds", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (a, b) => {
      const seeds = (mean: number) =>
        powerOf({ direction: "higher", margin: 0, seeds: 5, estimate: { mean, low: mean - 50, high: mean + 50 } })!
          .seeds ?? Infinity;
      const [near, far] = [Math.min(a, b), Math.max(a, b)];
      assert.ok(seeds(near) >= seeds(far));
      assert.equal(seeds(-a), seeds(a));
    }),
    { numRuns: 10 },
  ));

Deno.test("the committed sentences are those of their numbers, and every open test says how many seeds it would take", () => {
  for (const { id, verdict, sentence, tests } of committed.sources.flatMap(({ verdicts }) => verdicts)) {
    const { minimumSeeds } = claims.find((claim) => claim.id === id)!;
    for (const test of tests) {
      assert.equal(test.sentence, testSentence(test, minimumSeeds), id);
      const isOpen = test.verdict === "inconclusive" && test.seeds >= minimumSeeds;
      assert.equal(/for which (about|more than) [\d,]+ seeds would be needed\.$/.test(test.sentence), isOpen, id);
    }
    assert.equal(sentence, claimSentence(verdict, tests), id);
  }
});
