import { strict as assert } from "node:assert";
import { keyOf, uniform } from "../../policy/random.ts";
import { pairedDifference } from "./paired_difference.ts";
import { comparePairs, tiedRanks } from "./pairs.ts";
import { probabilityOfImprovement } from "./probability_of_improvement.ts";
import { seedMeans } from "./scores.ts";
import { wilsonInterval } from "./wilson.ts";

/** Scores around `center`; what a seed has in common is far greater than the difference looked for. */
const scores = (name: string, center: number, seeds = 10, trial = 3) =>
  Array.from(
    { length: seeds },
    (_, seed) =>
      [0, 1, 2].map((task) =>
        center + uniform(keyOf(1, "common", seed), task) + 0.05 * uniform(keyOf(trial, name, seed), task)
      ),
  );

Deno.test("pairs share seeds: what is common to both is no noise", () => {
  const algorithms = { a: scores("a", 0), b: scores("b", 0.1), c: scores("c", 0) };
  const pairs = comparePairs(algorithms, { resamples: 2000 });
  assert.deepEqual(pairs.map(({ a, b, significant }) => [a, b, significant]), [
    ["a", "b", true],
    ["a", "c", false],
    ["b", "c", true],
  ]);
  for (const { a, b, improvement, p, adjusted, difference, detectable } of pairs) {
    const names = algorithms as Record<string, number[][]>;
    assert.equal(improvement.value, probabilityOfImprovement(names[a], names[b]));
    assert.ok(improvement.low! <= improvement.value && improvement.value <= improvement.high!);
    assert.ok(difference.low! < difference.mean && difference.mean < difference.high!);
    assert.ok(adjusted! >= p! && detectable! > 0 && detectable! < 0.1);
  }
  assert.deepEqual(tiedRanks(["a", "b", "c"], pairs), [2, 1, 2]);
});

Deno.test("Holm's correction is over all pairs, and another algorithm leaves a pair's own numbers as they are", () => {
  const two = comparePairs({ a: scores("a", 0), b: scores("b", 0.01) }, { resamples: 500 });
  const three = comparePairs({ a: scores("a", 0), b: scores("b", 0.01), c: scores("c", 0.005) }, { resamples: 500 });
  const { adjusted, significant: _, ...own } = two[0], { adjusted: later, significant: __, ...same } = three[0];
  assert.deepEqual(same, own);
  assert.ok(later! >= adjusted!);
  assert.ok(
    Math.abs(Math.min(...three.map((pair) => pair.adjusted!)) - 3 * Math.min(...three.map((pair) => pair.p!))) < 1e-12,
  );
});

Deno.test("where nothing is significant all share the first rank", () => {
  const same = scores("a", 0);
  const pairs = comparePairs({ a: same, b: same, c: same }, { resamples: 200 });
  assert.ok(pairs.every(({ significant, p }) => !significant && p === 1));
  assert.deepEqual(tiedRanks(["a", "b", "c"], pairs), [1, 1, 1]);
});

Deno.test("one seed gives differences and nothing else", () => {
  const [pair] = comparePairs({ a: [[0.5]], b: [[0.7]] });
  assert.ok(Math.abs(pair.difference.mean + 0.2) < 1e-15);
  assert.deepEqual(
    [pair.p, pair.adjusted, pair.signFlips, pair.detectable, pair.significant, pair.improvement.low],
    [null, null, null, null, false, null],
  );
  assert.deepEqual(comparePairs({ a: [[0.5]] }), []);
});

Deno.test("three equal differences are no proof: the sign-flip test decides", () => {
  const [pair] = comparePairs({ a: [[0.5], [0.75], [1]], b: [[0.25], [0.5], [0.75]] }, { resamples: 100 });
  assert.deepEqual([pair.difference.p, pair.p, pair.significant], [0, 0.25, false]);
});

Deno.test("algorithms with other seeds are refused", () => {
  assert.throws(() => comparePairs({ a: [[1], [2]], b: [[1]] }), /b has 1 seeds and 1 tasks, a has 2 and 1/);
});

Deno.test("an algorithm against itself is significant in about 5 % of trials", () => {
  let found = 0;
  for (let trial = 100; trial < 2100; trial++) {
    const { p } = pairedDifference(seedMeans(scores("a", 0, 10, trial)), seedMeans(scores("b", 0, 10, trial)));
    found += p! <= 0.05 ? 1 : 0;
  }
  const { low, high } = wilsonInterval(found, 2000, { confidence: 0.999 });
  assert.ok(low <= 0.05 && 0.05 <= high, `${found} of 2000`);
});
