/**
 * The Mann-Whitney U test of two unpaired samples (`scipy.stats.mannwhitneyu`). U over the number of pairs is the
 * probability of improvement on one task.
 *
 * @module
 */
import { normalPValues, type PValues } from "./p_values.ts";
import { averageRanks, tieCorrection } from "./ranks.ts";

/** Statistic and p-values of a Mann-Whitney test. */
export interface RankSum extends PValues {
  /** Pairs in which x is greater, ties counting half. */
  readonly u: number;
}

/** How the p-values are computed. */
export interface RankSumOptions {
  /**
   * `exact` counts all arrangements and takes no ties; `asymptotic` is the normal approximation corrected for ties.
   * Default `asymptotic`.
   */
  method?: "exact" | "asymptotic";
  /** Move the approximation by the half step of U. Default true. */
  continuity?: boolean;
}

/** Number of arrangements of n and m values by their U: the coefficients of the Gaussian binomial. */
function arrangements(n: number, m: number): Float64Array {
  const counts = new Float64Array(n * m + 1);
  counts[0] = 1;
  for (let i = 1; i <= n; i++) {
    // Times 1 - q^(m + i), over 1 - q^i.
    for (let u = n * m; u >= m + i; u--) counts[u] -= counts[u - m - i];
    for (let u = i; u <= n * m; u++) counts[u] += counts[u - i];
  }
  return counts;
}

/**
 * Tests whether values of `x` tend to be greater than those of `y`. If all values are the same, all p-values are 1.
 *
 * @throws {RangeError} for an empty sample, or ties with the exact method.
 */
export function rankSumTest(x: readonly number[], y: readonly number[], options: RankSumOptions = {}): RankSum {
  const { method = "asymptotic", continuity = true } = options;
  const n = x.length, m = y.length, all = n + m;
  if (n === 0 || m === 0) throw new RangeError("The Mann-Whitney test needs at least one value on either side.");
  const { ranks, ties } = averageRanks([...x, ...y]);
  const u = ranks.slice(0, n).reduce((sum, rank) => sum + rank, 0) - n * (n + 1) / 2;
  if (method === "asymptotic") {
    const spread = Math.sqrt(n * m / 12 * (all + 1 - tieCorrection(ties) / (all * (all - 1))));
    return { u, ...normalPValues(u - n * m / 2, spread, continuity ? 0.5 : 0) };
  }
  if (ties.length < all) throw new RangeError("The exact Mann-Whitney test takes no ties; use the asymptotic one.");
  const counts = arrangements(n, m), total = counts.reduce((sum, count) => sum + count, 0);
  const atMost = (bound: number) => counts.slice(0, bound + 1).reduce((sum, count) => sum + count, 0) / total;
  const less = atMost(u), greater = atMost(n * m - u);
  return { u, twoSided: Math.min(1, 2 * Math.min(less, greater)), greater, less };
}
