import { strict as assert } from "node:assert";
import fc from "fast-check";
import { benjaminiHochberg, bonferroni, holm } from "./multiple_testing.ts";
import { pairedDifference } from "./paired_difference.ts";
import { passAllOfK, passAtK } from "./pass_at_k.ts";
import { rankSumTest } from "./rank_sum.ts";
import { signedRankTest } from "./signed_rank.ts";
import { signFlipTest } from "./sign_flips.ts";

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);
const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);

Deno.test("the sign-flip test counts all sign patterns, ties with the one seen included", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 9 }), (list) => {
      const seen = sum(list), all = 2 ** list.length;
      let greater = 0, less = 0, extreme = 0;
      for (let pattern = 0; pattern < all; pattern++) {
        const flipped = sum(list.map((d, i) => (pattern >> i) & 1 ? -d : d));
        if (flipped >= seen) greater++;
        if (flipped <= seen) less++;
        if (Math.abs(flipped) >= Math.abs(seen)) extreme++;
      }
      // In tenths, sums tie only but for rounding.
      const result = signFlipTest(list.map((d) => d / 10));
      assert.deepEqual([result.greater, result.less, result.twoSided], [greater / all, less / all, extreme / all]);
    }),
    { seed: 3, numRuns: 200 },
  );
  assert.equal(signFlipTest(new Array(40).fill(0.1)).twoSided, 2 ** -39);
  assert.equal(signFlipTest([0, 0]).twoSided, 1);
  assert.throws(() => signFlipTest([]), /takes 1 to 40 differences, not 0/);
});

Deno.test("exact rank tests count all arrangements", () => {
  const subsets = (n: number) => Array.from({ length: 2 ** n }, (_, pattern) => pattern);
  const x = [1.1, 2.3, 3.7, 9], y = [0.4, 1.9, 2.8, 3.1, 5.5], all = [...x, ...y];
  const u = (xs: number[], ys: number[]) => sum(xs.map((a) => ys.filter((b) => a > b).length));
  const found = subsets(9).map((pattern) => all.map((_, i) => (pattern >> i) & 1)).filter((marks) => sum(marks) === 4)
    .map((marks) => u(all.filter((_, i) => marks[i]), all.filter((_, i) => !marks[i])));
  const rankSum = rankSumTest(x, y, { method: "exact" });
  assert.equal(rankSum.u, u(x, y));
  close(rankSum.greater, found.filter((value) => value >= rankSum.u).length / found.length);
  close(rankSum.less, found.filter((value) => value <= rankSum.u).length / found.length);
  const sums = subsets(6).map((pattern) => sum([1, 2, 3, 4, 5, 6].filter((_, i) => (pattern >> i) & 1)));
  const signed = signedRankTest([0.5, -0.1, 0.9, 0.2, -0.3, 2], { method: "exact" });
  assert.deepEqual([signed.plus, signed.smaller], [17, 4]);
  close(signed.greater, sums.filter((value) => value >= 17).length / 64);
  close(signed.less, sums.filter((value) => value <= 17).length / 64);
});

Deno.test("rank tests without any spread find nothing, and exact ones refuse ties", () => {
  assert.equal(rankSumTest([1, 1], [1, 1, 1]).twoSided, 1);
  assert.equal(signedRankTest([0, 0, 0]).twoSided, 1);
  assert.throws(() => rankSumTest([1, 2], [2, 3], { method: "exact" }), /takes no ties/);
  assert.throws(() => signedRankTest([1, 0], { method: "exact" }), /neither ties nor differences of 0/);
});

Deno.test("Holm lies between the raw values and Bonferroni, Benjamini-Hochberg below Holm, in the order of the input", () => {
  assert.deepEqual(holm([0.01, 0.04, 0.03, 0.005, 0.2]).map((p) => Math.round(p * 1e9) / 1e9), [
    0.04,
    0.09,
    0.09,
    0.025,
    0.2,
  ]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (p) => {
      const h = holm(p), b = bonferroni(p), bh = benjaminiHochberg(p);
      p.forEach((value, i) => {
        assert.ok(value <= bh[i] + 1e-15 && bh[i] <= h[i] + 1e-15 && h[i] <= b[i] + 1e-15 && b[i] <= 1);
        // By definition: the largest of (m - rank + 1) p over all p-values that are not larger.
        const smaller = p.filter((other) => other <= value).sort((one, other) => one - other);
        close(h[i], Math.min(1, Math.max(...smaller.map((other, rank) => other * (p.length - rank)))));
      });
    }),
    { seed: 4, numRuns: 200 },
  );
  assert.deepEqual(holm([]), []);
  assert.throws(() => holm([0.5, 1.2]), /between 0 and 1, not 1.2/);
});

Deno.test("a paired difference of one seed has no interval; equal differences have one of no width", () => {
  assert.deepEqual(pairedDifference([0.5], [0.25]), {
    mean: 0.25,
    low: null,
    high: null,
    standardError: null,
    t: null,
    freedom: 0,
    p: null,
  });
  // 0.3 - 0.2 and 0.2 - 0.1 differ in the last bit.
  const equal = pairedDifference([0.3, 0.2, 0.9], [0.2, 0.1, 0.8]);
  assert.deepEqual([equal.standardError, equal.t, equal.p], [0, Infinity, 0]);
  const none = pairedDifference([0.3, 0.2], [0.3, 0.2]);
  assert.deepEqual([none.mean, none.low, none.high, none.t, none.p], [0, 0, 0, 0, 1]);
  assert.throws(() => pairedDifference([1, 2], [1]), /one has 2 and the other 1/);
});

Deno.test("passAllOfK() is the chance that k drawn responses are all right", () => {
  close(passAllOfK(8, 6, 2), 6 * 5 / (8 * 7));
  close(passAllOfK(8, 6, 1), passAtK(8, 6, 1));
  assert.equal(passAllOfK(8, 1, 2), 0);
  assert.throws(() => passAllOfK(4, 1, 0), /pass\^0 needs k between 1/);
});
