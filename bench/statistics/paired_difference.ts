/**
 * The difference of two algorithms that ran with the same seeds. What a seed brings along (the problems, their order,
 * the noise of the rollout) is common to both and cancels, so differences within seeds tell more than two means do.
 *
 * @module
 */
import { mean, standardDeviation } from "./describe.ts";
import { signFlipTest } from "./sign_flips.ts";
import { studentQuantile, studentTail } from "./student_t.ts";

/** Paired t interval and test. */
export interface PairedDifference {
  /** Mean of x - y. */
  readonly mean: number;
  /** Lower end of the interval; null for a single pair. */
  readonly low: number | null;
  /** Upper end. */
  readonly high: number | null;
  /** Standard error of the mean; null for a single pair. */
  readonly standardError: number | null;
  /** Mean over standard error; infinite if all differences are the same but not 0, 0 if all are 0. */
  readonly t: number | null;
  /** Degrees of freedom, pairs less one. */
  readonly freedom: number;
  /** Two-sided p-value of no difference. */
  readonly p: number | null;
}

/** Differences within seeds, `x[i] - y[i]`. */
export function differences(x: readonly number[], y: readonly number[]): number[] {
  if (x.length !== y.length) {
    throw new RangeError(`Paired lists have the same seeds; one has ${x.length} and the other ${y.length}.`);
  }
  return x.map((value, i) => value - y[i]);
}

/** The paired t test: {@linkcode PairedDifference} without the interval. */
export type PairedTest = Omit<PairedDifference, "low" | "high">;

/**
 * The paired t test (`scipy.stats.ttest_rel`). Exact if the differences are normal, and with few seeds there is no way
 * to tell whether they are: the sign-flip test beside it (`sign_flips.ts`) assumes less.
 *
 * A single pair has a mean and nothing else. If all differences are the same, the p-value is 0 (1 if they are all 0,
 * where SciPy says NaN), which says more about the few values than about the algorithms.
 */
export function pairedTest(x: readonly number[], y: readonly number[]): PairedTest {
  const list = differences(x, y), n = list.length, freedom = n - 1;
  if (n === 0) throw new RangeError("A paired difference needs at least one seed that both algorithms have run.");
  const center = mean(list)!;
  if (n === 1) return { mean: center, standardError: null, t: null, freedom, p: null };
  // Equal differences may differ in the last bit (0.3 - 0.2 and 0.2 - 0.1): that is rounding, not variance.
  const size = Math.max(...x.map(Math.abs), ...y.map(Math.abs));
  const spread = standardDeviation(list)!;
  const standardError = spread <= 4 * Number.EPSILON * size ? 0 : spread / Math.sqrt(n);
  const exact = Math.abs(center) <= 4 * Number.EPSILON * size ? 0 : center;
  const t = standardError > 0 ? center / standardError : exact === 0 ? 0 : Math.sign(exact) * Infinity;
  return { mean: center, standardError, t, freedom, p: Math.min(1, 2 * studentTail(Math.abs(t), freedom)) };
}

/** Mean of the differences with its interval and the {@linkcode pairedTest}; equal differences have one of no width. */
export function pairedDifference(
  x: readonly number[],
  y: readonly number[],
  confidence = 0.95,
): PairedDifference {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`Confidence lies between 0 and 1, not ${confidence}.`);
  const { mean: center, standardError, ...test } = pairedTest(x, y);
  const reach = standardError === null ? null : studentQuantile((1 + confidence) / 2, test.freedom) * standardError;
  const [low, high] = reach === null ? [null, null] : [center - reach, center + reach];
  return { mean: center, low, high, standardError, ...test };
}

/**
 * The p-value that comparisons decide by: that of the paired t test; where all differences are the same and the t test
 * would answer with 0, that of the sign flips. Null with one seed.
 */
export function decidingP(x: readonly number[], y: readonly number[]): number | null {
  const { standardError, p } = pairedTest(x, y);
  return standardError === 0 && x.length <= 40 ? signFlipTest(differences(x, y)).twoSided : p;
}
