/**
 * The standard normal distribution (`scipy.stats.norm`), to about 15 digits, in the tails too. Own code, because
 * jStat's quantiles of the t distribution are off by 5e-9 and stdlib's come with 230 packages.
 *
 * @module
 */
import { lowerQuantile } from "./quantile_search.ts";

/** Probability of a value above `z`. */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return NaN;
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2.5) {
    // 1/2 - density (z + z^3 / 3 + z^5 / 15 + ...), DLMF 7.6.2: all terms have one sign.
    let term = z, sum = z;
    for (let n = 3; term > 1e-17 * sum; n += 2) sum += term *= z * z / n;
    return 0.5 - density * sum;
  }
  // density / (z + 1 / (z + 2 / (z + 3 / ...))), DLMF 7.9.1; 80 terms are plenty from 2.5 on.
  let fraction = z;
  for (let n = 80; n > 0; n--) fraction = z + n / fraction;
  return density / fraction;
}

/** Probability of a value of at most `z`. */
export function normalCdf(z: number): number {
  return normalTail(-z);
}

/** The value that is not exceeded with that probability: 1.959964 for 0.975; infinite for 0 and 1. */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`${probability} is no probability.`);
  if (probability > 0.5) return -normalQuantile(1 - probability);
  return -lowerQuantile(normalTail, probability);
}
