/**
 * Wilcoxon's signed-rank test of paired differences (`scipy.stats.wilcoxon`).
 *
 * @module
 */
import { normalPValues, type PValues } from "./p_values.ts";
import { averageRanks, tieCorrection } from "./ranks.ts";

/** Statistics and p-values of a signed-rank test. */
export interface SignedRank extends PValues {
  /** Sum of the ranks of the differences above 0. */
  readonly plus: number;
  /** The smaller of the sums above and below 0, SciPy's statistic of the two-sided test. */
  readonly smaller: number;
}

/** How the p-values are computed. */
export interface SignedRankOptions {
  /** `exact` counts all sign patterns and takes no ties and no 0; `asymptotic` is the normal approximation. Default `asymptotic`. */
  method?: "exact" | "asymptotic";
  /**
   * What becomes of differences of 0: `wilcox` leaves them out, `pratt` ranks them and then leaves them out, `zsplit`
   * gives half of their ranks to either side. Default `wilcox`.
   */
  zeros?: "wilcox" | "pratt" | "zsplit";
  /** Move the approximation by half a step. Default false, as in SciPy. */
  continuity?: boolean;
}

/**
 * Tests whether differences tend to lie above 0. If all are 0, all p-values are 1.
 *
 * @throws {RangeError} for no differences, or ties or zeros with the exact method.
 */
export function signedRankTest(differences: readonly number[], options: SignedRankOptions = {}): SignedRank {
  const { method = "asymptotic", zeros = "wilcox", continuity = false } = options;
  if (differences.length === 0) throw new RangeError("The signed-rank test needs at least one difference.");
  const list = zeros === "wilcox" ? differences.filter((d) => d !== 0) : differences, n = list.length;
  const { ranks, ties } = averageRanks(list.map(Math.abs));
  const none = list.filter((d) => d === 0).length;
  const sumWhere = (test: (d: number) => boolean) =>
    ranks.reduce((sum, rank, i) => test(list[i]) ? sum + rank : sum, 0);
  const half = zeros === "zsplit" ? sumWhere((d) => d === 0) / 2 : 0;
  const plus = sumWhere((d) => d > 0) + half, minus = sumWhere((d) => d < 0) + half;
  const smaller = Math.min(plus, minus);
  if (method === "asymptotic") {
    let middle = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1), correction = tieCorrection(ties);
    if (zeros === "pratt") {
      middle -= none * (none + 1) / 4;
      variance -= none * (none + 1) * (2 * none + 1);
      correction -= none ** 3 - none;
    }
    const spread = Math.sqrt((variance - correction / 2) / 24);
    const distance = plus - middle;
    return { plus, smaller, ...normalPValues(distance, spread, continuity ? 0.5 : 0) };
  }
  if (ties.length < n || n < differences.length || none > 0) {
    throw new RangeError("The exact signed-rank test takes neither ties nor differences of 0; use the asymptotic one.");
  }
  const most = n * (n + 1) / 2, counts = new Float64Array(most + 1);
  counts[0] = 1;
  for (let rank = 1; rank <= n; rank++) for (let sum = most; sum >= rank; sum--) counts[sum] += counts[sum - rank];
  const atMost = (bound: number) => counts.slice(0, bound + 1).reduce((sum, count) => sum + count, 0) / 2 ** n;
  const less = atMost(plus), greater = atMost(most - plus);
  return { plus, smaller, twoSided: Math.min(1, 2 * Math.min(less, greater)), greater, less };
}
