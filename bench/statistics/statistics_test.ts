import { strict as assert } from "node:assert";
import { mean, quantile, standardDeviation } from "./describe.ts";
import { estimate } from "./bootstrap.ts";
import { passAtK } from "./pass_at_k.ts";

Deno.test("mean(), standardDeviation() and quantile() of known lists", () => {
  assert.equal(mean([1, 2, 3, 6]), 3);
  assert.ok(Math.abs(standardDeviation([1, 2, 3, 6])! - Math.sqrt(14 / 3)) < 1e-15);
  assert.equal(quantile([3, 1, 2, 4], 0.5), 2.5);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.9), 4.6);
});

Deno.test("an empty list has no mean, deviation, quantile or estimate", () => {
  assert.equal(mean([]), null);
  assert.equal(standardDeviation([1]), null);
  assert.equal(quantile([], 0.5), null);
  assert.equal(estimate([]), null);
});

Deno.test("passAtK() is the exact hypergeometric probability", () => {
  assert.equal(passAtK(8, 2, 1), 0.25);
  assert.ok(Math.abs(passAtK(8, 2, 4) - (1 - (6 * 5 * 4 * 3) / (8 * 7 * 6 * 5))) < 1e-15);
  assert.equal(passAtK(8, 0, 8), 0);
  assert.equal(passAtK(8, 1, 8), 1);
  assert.throws(() => passAtK(4, 1, 5), /pass@5 needs k between 1 and the 4 samples/);
});

Deno.test("passAtK() averaged over all outcomes is the true pass@k", () => {
  const p = 0.3, n = 6, k = 3;
  const choose = (a: number, b: number): number => b === 0 ? 1 : choose(a - 1, b - 1) * a / b;
  let expected = 0;
  for (let right = 0; right <= n; right++) {
    expected += choose(n, right) * p ** right * (1 - p) ** (n - right) * passAtK(n, right, k);
  }
  assert.ok(Math.abs(expected - (1 - (1 - p) ** k)) < 1e-12);
});

Deno.test("estimate() repeats bit by bit and brackets the mean", () => {
  const values = [[0, 1, 1, 0, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1]];
  const first = estimate(values)!;
  assert.deepEqual(estimate(values), first);
  assert.equal(first.mean, 9 / 15);
  assert.ok(first.low! < first.mean && first.mean < first.high!);
  assert.equal(first.n, 3);
});

Deno.test("estimate() covers the true mean about 95 times in 100", () => {
  // 200 data sets of 8 seeds with values from a fixed sequence of known mean 0.5; percentile bootstrap at n = 8 is a
  // little narrow, so 85 % is the bound.
  let inside = 0, x = 1;
  const next = () => (x = (x * 16807) % 2147483647) / 2147483647;
  for (let trial = 0; trial < 200; trial++) {
    const { low, high } = estimate(Array.from({ length: 8 }, () => [next()]), { resamples: 400 })!;
    if (low! <= 0.5 && 0.5 <= high!) inside++;
  }
  assert.ok(inside >= 170, `${inside} of 200`);
});

Deno.test("estimate() of one seed and one problem has no interval", () => {
  assert.deepEqual(estimate([[0.5]]), { mean: 0.5, low: null, high: null, n: 1 });
});
