/**
 * The difference of two algorithms, or of one before and after a change, that ran with different seeds.
 *
 * @module
 */
import { mean, standardDeviation } from "./describe.ts";
import type { PairedDifference } from "./paired_difference.ts";
import { studentQuantile, studentTail } from "./student_t.ts";

/** Number of ways to choose `k` out of `n`. */
function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways *= (n - k + i) / i;
  return ways;
}

/**
 * Mean of `x` minus mean of `y` with Welch's interval and test (`scipy.stats.ttest_ind(..., equal_var=False)`), which
 * does not assume that both vary alike. Null in all but the mean if a side has one value.
 *
 * Where neither side varies, the interval has no width; the p-value is that of the permutation test, for which such
 * values are as extreme as can be, and 1 if the means are equal.
 */
export function unpairedDifference(
  x: readonly number[],
  y: readonly number[],
  confidence = 0.95,
): PairedDifference {
  const n = x.length, m = y.length;
  if (n === 0 || m === 0) throw new RangeError("A difference needs at least one value on either side.");
  const center = mean(x)! - mean(y)!;
  if (n === 1 || m === 1) {
    return { mean: center, low: null, high: null, standardError: null, t: null, freedom: n + m - 2, p: null };
  }
  const own = standardDeviation(x)! ** 2 / n, other = standardDeviation(y)! ** 2 / m;
  const standardError = Math.sqrt(own + other);
  if (standardError <= 4 * Number.EPSILON * Math.max(...x.map(Math.abs), ...y.map(Math.abs))) {
    const t = center === 0 ? 0 : Math.sign(center) * Infinity, p = t === 0 ? 1 : Math.min(1, 2 / choose(n + m, n));
    return { mean: center, low: center, high: center, standardError: 0, t, freedom: n + m - 2, p };
  }
  const freedom = (own + other) ** 2 / (own ** 2 / (n - 1) + other ** 2 / (m - 1)), t = center / standardError;
  const reach = studentQuantile((1 + confidence) / 2, freedom) * standardError;
  const p = Math.min(1, 2 * studentTail(Math.abs(t), freedom));
  return { mean: center, low: center - reach, high: center + reach, standardError, t, freedom, p };
}
