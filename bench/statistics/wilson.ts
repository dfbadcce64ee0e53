/**
 * Wilson's interval of a share (Journal of the American Statistical Association 22, 209-212, 1927;
 * `scipy.stats.binomtest(...).proportion_ci("wilson")`): right for small numbers and near 0 and 1, where the usual
 * formula gives intervals of no width.
 *
 * @module
 */
import { normalQuantile } from "./normal.ts";

/** How the interval is computed. */
export interface WilsonOptions {
  /** Default 0.95. */
  confidence?: number;
  /** With Newcombe's continuity correction (Statistics in Medicine 17, 857-872, 1998), which never covers too little. */
  continuity?: boolean;
}

/** Interval of the true share behind `successes` out of `trials`. None gives a lower end of 0, all an upper end of 1. */
export function wilsonInterval(
  successes: number,
  trials: number,
  options: WilsonOptions = {},
): { low: number; high: number } {
  const { confidence = 0.95, continuity = false } = options;
  if (!(trials >= 1 && successes >= 0 && successes <= trials)) {
    throw new RangeError(`There cannot be ${successes} successes in ${trials} trials.`);
  }
  const n = trials, share = successes / n, z = normalQuantile((1 + confidence) / 2), square = z * z;
  const width = 2 * (n + square), center = (2 * successes + square) / width;
  let below: number, above: number;
  if (continuity) {
    const part = (shift: number, rest: number) =>
      (1 + z * Math.sqrt(Math.max(0, square + shift - 1 / n + 4 * share * rest))) / width;
    below = part(-2, n * (1 - share) + 1);
    above = part(2, n * (1 - share) - 1);
  } else below = above = z * Math.sqrt(4 * successes * (1 - share) + square) / width;
  return {
    low: successes === 0 ? 0 : Math.max(0, center - below),
    high: successes === n ? 1 : Math.min(1, center + above),
  };
}
