import { strict as assert } from "node:assert";
import { keyOf, uniform } from "../../policy/random.ts";
import { falsePositives } from "./false_positives.ts";
import { normalQuantile, normalTail } from "./normal.ts";
import { pairedTest } from "./paired_difference.ts";
import { studentQuantile, studentTail } from "./student_t.ts";

/** Scores of `seeds` runs of an algorithm, all of one distribution. */
const runs = (name: number, seeds = 80, shape = normalQuantile) =>
  Array.from({ length: seeds }, (_, seed) => [shape(uniform(keyOf(11, "runs", name), seed))]);

Deno.test("where scores are normal the leaderboard's test is wrong in 5 %, alone and after Holm's correction", () => {
  for (const [seeds, sides, splits] of [[3, 2, 20_000], [5, 2, 20_000], [10, 2, 20_000], [5, 8, 2000]]) {
    const found = falsePositives([runs(0)], seeds, { sides, splits })!;
    assert.ok(found.low <= 0.05 && 0.05 <= found.high, JSON.stringify(found));
    assert.ok(found.splits >= splits && found.share > 0.02 && found.share < 0.08);
  }
});

Deno.test("a test that takes the standard error for exact is found out, at its true rate", () => {
  const test = (x: readonly number[], y: readonly number[]) => 2 * normalTail(Math.abs(pairedTest(x, y).t!));
  const truth = 2 * studentTail(normalQuantile(0.975), 2); // 18.9 %
  const { share, low, high } = falsePositives([runs(0)], 3, { splits: 20_000, test })!;
  assert.ok(low > 0.05 && low <= truth && truth <= high, `${share} [${low}, ${high}], not ${truth}`);
});

Deno.test("outliers make the t test find too little, which the interval shows", () => {
  const { high } = falsePositives([runs(0, 80, (u) => Math.tan(Math.PI * (u - 0.5)))], 5, { splits: 20_000 })!;
  assert.ok(high < 0.05, `${high}`);
});

Deno.test("sides are disjoint sets of the seeds, every seed plays, and a second call gives the same bits", () => {
  const scores = [Array.from({ length: 11 }, (_, seed) => [seed, seed])];
  const played = new Set<number>();
  const test = (x: readonly number[], y: readonly number[]) => {
    assert.deepEqual([x.length, y.length, new Set([...x, ...y]).size], [2, 2, 4]);
    for (const seed of [...x, ...y]) played.add(seed);
    return x[0] > 5 ? 0.01 : 0.5;
  };
  const first = falsePositives(scores, 2, { splits: 500, test })!;
  assert.equal(played.size, 11);
  assert.equal(first.splits, 500);
  assert.deepEqual(falsePositives(scores, 2, { splits: 500, test }), first);
  assert.notDeepEqual(falsePositives(scores, 2, { splits: 500, test, seed: 1 }), first);
});

Deno.test("the interval is the jackknife's: one seed that decides everything makes it as wide as it should be", () => {
  // Significant if and only if seed 0 plays: a share of 4 / 40, which is 0 without that seed and 4 / 39 without another.
  const scores = [Array.from({ length: 40 }, (_, seed) => [seed])];
  const test = (x: readonly number[], y: readonly number[]) => [...x, ...y].includes(0) ? 0 : 1;
  const { share, low, high } = falsePositives(scores, 2, { splits: 50_000, test })!;
  const squares = 0.1 ** 2 + 39 * (4 / 39 - 0.1) ** 2;
  const reach = studentQuantile(0.975, 39) * Math.sqrt(39 / 40 * squares);
  assert.ok(Math.abs(share - 0.1) < 1e-12 && low === 0);
  assert.ok(Math.abs(high - (0.1 + reach)) < 2e-3, `${high}, not ${0.1 + reach}`);
});

Deno.test("several algorithms are each compared with themselves, and their shares averaged", () => {
  const shares = [0, 1].map((name) => falsePositives([runs(name, 20)], 3, { splits: 2000 })!.share);
  const { share } = falsePositives([runs(0, 20), runs(1, 20)], 3, { splits: 2000 })!;
  assert.ok(Math.abs(share - (shares[0] + shares[1]) / 2) < 1e-12);
});

Deno.test("too few seeds for a comparison that leaves one out are no test", () => {
  assert.equal(falsePositives([runs(0, 10)], 5), null);
  assert.notEqual(falsePositives([runs(0, 11)], 5, { splits: 10 }), null);
  assert.equal(falsePositives([], 3), null);
  assert.throws(() => falsePositives([runs(0)], 1), /at least two seeds, not 1/);
  assert.throws(() => falsePositives([runs(0), runs(1, 79)], 3), /other seeds/);
});
