/**
 * Between mean and maximum: `τ log mean exp(v / τ)`, the value of a KL-regularised distributionally robust mean. DisCO
 * takes it over the scores of wrong responses (arXiv 2505.12366 §4).
 *
 * @module
 */

/** Value and derivative. */
export interface SoftMaximum {
  /** The value. */
  value: number;
  /** Softmax of `v / τ`, which sums to 1. */
  softmax: number[];
  /** d value / d v is this times the softmax. */
  factor: number;
}

/** float32 epsilon, which DisCO's authors add to the divisor. */
const FLOAT32_EPSILON = 2 ** -23;

/**
 * The mean as τ grows, the maximum as τ goes to 0. The largest value is taken out before the exponential, so nothing
 * overflows. Needs at least one value.
 *
 * With `held`, what DisCO's authors compute instead: with S = Σ exp((v − max v) / τ), the value is τ S / (S + ε) where
 * the divisor is held constant. Its derivative is the right one up to ε = 2⁻²³; the value is all but constant.
 *
 * ```ts
 * import { softMaximum } from "@podium/rl/algorithms";
 *
 * const mean = softMaximum([0, 1], 1e6).value, hardest = softMaximum([0, 1], 1e-3).value;
 * if (Math.abs(mean - 0.5) > 1e-6 || Math.abs(hardest - 1) > 1e-2) throw new Error("unexpected");
 * ```
 */
export function softMaximum(values: readonly number[], tau: number, held = false): SoftMaximum {
  const largest = Math.max(...values);
  const parts = values.map((value) => Math.exp((value - largest) / tau));
  const sum = parts.reduce((total, part) => total + part, 0);
  const factor = held ? sum / (sum + FLOAT32_EPSILON) : 1;
  const value = held ? tau * factor : largest + tau * Math.log(sum / values.length);
  return { value, softmax: parts.map((part) => part / sum), factor };
}
