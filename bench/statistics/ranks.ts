/**
 * Ranks with ties shared (`scipy.stats.rankdata`, method "average").
 *
 * @module
 */

/** Ranks from 1, equal values getting the mean of theirs, and the sizes of the groups of equal values. */
export function averageRanks(values: readonly number[]): { ranks: number[]; ties: number[] } {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length), ties: number[] = [];
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + 1 + end) / 2;
    ties.push(end - start);
    start = end;
  }
  return { ranks, ties };
}

/** How much ties take from the variance of a rank statistic: the sum of t^3 - t over groups of t equal values. */
export function tieCorrection(ties: readonly number[]): number {
  return ties.reduce((sum, t) => sum + t ** 3 - t, 0);
}
