import { strict as assert } from "node:assert";
import { studentQuantile, studentTail } from "./student_t.ts";
import { unpairedDifference } from "./unpaired_difference.ts";

const near = (value: number | null, expected: number) =>
  assert.ok(value !== null && Math.abs(value - expected) < 1e-12, `${value}, not ${expected}`);

Deno.test("Welch's test by hand: variances 2.5 of five and 20 / 3 of four values", () => {
  const { mean, standardError, t, freedom, p, low, high } = unpairedDifference([1, 2, 3, 4, 5], [2, 4, 6, 8]);
  const square = 0.5 + 5 / 3;
  near(mean, -2);
  near(standardError, Math.sqrt(square));
  near(t, -2 / Math.sqrt(square));
  near(freedom, square ** 2 / (0.5 ** 2 / 4 + (5 / 3) ** 2 / 3));
  near(p, 2 * studentTail(2 / Math.sqrt(square), freedom));
  const reach = studentQuantile(0.975, freedom) * Math.sqrt(square);
  near(low, -2 - reach);
  near(high, -2 + reach);
});

Deno.test("a difference changes its sign with its sides, and of one value there is no test", () => {
  const one = unpairedDifference([1, 2, 4], [3, 5]), other = unpairedDifference([3, 5], [1, 2, 4]);
  assert.deepEqual([one.mean, one.low, one.high, one.p], [-other.mean, -other.high!, -other.low!, other.p]);
  assert.deepEqual(unpairedDifference([1], [2, 3]), {
    mean: -1.5,
    low: null,
    high: null,
    standardError: null,
    t: null,
    freedom: 1,
    p: null,
  });
  assert.throws(() => unpairedDifference([], [1]), /at least one value/);
});

Deno.test("where neither side varies the p-value is the permutation test's: 2 of the 20 ways to split six values", () => {
  assert.equal(unpairedDifference([1, 1, 1], [2, 2, 2]).p, 0.1);
  assert.equal(unpairedDifference([1, 1, 1], [1, 1]).p, 1);
});
