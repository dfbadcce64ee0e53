/**
 * The exact paired permutation test (Fisher, The Design of Experiments, 1935; `scipy.stats.permutation_test` with
 * `permutation_type="samples"`): if neither algorithm is better, each difference could as well have had the other sign.
 * The p-value is the share of all 2^n sign patterns whose mean is at least as extreme as the one seen.
 *
 * It assumes nothing of the shape of the differences. Its price: with n seeds no two-sided p-value is below 2 / 2^n, so
 * five seeds can never reach 0.05, and ten cannot after a correction for more than 25 pairs.
 *
 * @module
 */
import { mean } from "./describe.ts";
import type { PValues } from "./p_values.ts";

/** Sums of all sign patterns of a list, in rising order. */
function signedSums(values: readonly number[]): Float64Array {
  const sums = new Float64Array(2 ** values.length);
  let count = 1;
  for (const value of values) {
    for (let i = 0; i < count; i++) {
      sums[count + i] = sums[i] - value;
      sums[i] += value;
    }
    count *= 2;
  }
  return sums.sort();
}

/**
 * Exact p-values of a mean difference of 0. Patterns that tie with the one seen count as extreme, and so does the one
 * seen; sums that agree but for rounding tie. Differences of 0 stay in. All differences 0 gives 1.
 *
 * All patterns are counted without listing them (sums of either half, merged), which takes up to 40 differences.
 */
export function signFlipTest(differences: readonly number[]): PValues & { readonly mean: number } {
  const n = differences.length;
  if (n === 0 || n > 40) throw new RangeError(`The sign-flip test takes 1 to 40 differences, not ${n}.`);
  const seen = differences.reduce((sum, value) => sum + value, 0);
  const rounding = 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const first = signedSums(differences.slice(0, n >> 1)), second = signedSums(differences.slice(n >> 1));
  /** Number of patterns whose sum is at least `bound`. */
  const atLeast = (bound: number) => {
    let count = 0, from = second.length;
    for (const sum of first) {
      while (from > 0 && sum + second[from - 1] >= bound) from--;
      count += second.length - from;
    }
    return count;
  };
  const all = 2 ** n;
  // Patterns come in pairs of opposite sums: as many are at most s as are at least -s.
  const greater = atLeast(seen - rounding) / all, less = atLeast(-seen - rounding) / all;
  const extreme = 2 * atLeast(Math.abs(seen) - rounding) / all;
  return { mean: mean(differences)!, twoSided: Math.min(1, extreme), greater, less };
}
