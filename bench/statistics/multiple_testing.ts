/**
 * p-values adjusted for how many there are (statsmodels' `multipletests`). With 16 algorithms there are 120 pairs, and
 * at 5 % six of them would look different by chance alone.
 *
 * All three answer in the order of the input and never exceed 1; equal p-values get equal answers; an empty list gives
 * an empty list. An adjusted value is compared with the level itself: significant if it is at most 0.05.
 *
 * @module
 */

/** Positions of the values in rising order. */
function rising(values: readonly number[]): number[] {
  const bad = values.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw new RangeError(`A p-value lies between 0 and 1, not ${bad}.`);
  return values.map((_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
}

/** Bonferroni: each times their number. */
export function bonferroni(values: readonly number[]): number[] {
  rising(values);
  return values.map((p) => Math.min(1, p * values.length));
}

/**
 * Holm's step-down method (Scandinavian Journal of Statistics 6, 65-70, 1979): the chance of a single false finding
 * stays below the level whatever depends on what, and it finds all that Bonferroni does and more. The smallest p-value
 * is multiplied by their number, the next by one less and so on; no answer is smaller than the one before.
 *
 * @example
 * ```ts
 * import { holm } from "@podium/rl/bench";
 * holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 * ```
 */
export function holm(values: readonly number[]): number[] {
  const adjusted = new Array<number>(values.length);
  let largest = 0;
  rising(values).forEach((at, rank) => {
    largest = Math.max(largest, Math.min(1, values[at] * (values.length - rank)));
    adjusted[at] = largest;
  });
  return adjusted;
}

/**
 * Benjamini and Hochberg's step-up method (Journal of the Royal Statistical Society B 57, 289-300, 1995): bounds the
 * expected share of false findings among the findings, a weaker promise than {@linkcode holm}'s.
 */
export function benjaminiHochberg(values: readonly number[]): number[] {
  const adjusted = new Array<number>(values.length);
  let smallest = 1;
  rising(values).reverse().forEach((at, rank) => {
    smallest = Math.min(smallest, values[at] * values.length / (values.length - rank));
    adjusted[at] = smallest;
  });
  return adjusted;
}
