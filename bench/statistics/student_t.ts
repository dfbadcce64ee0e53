/**
 * Student's t distribution (`scipy.stats.t`), to about 13 digits up to 10,000 degrees of freedom. Own code: see
 * `normal.ts`.
 *
 * @module
 */
import { lowerQuantile } from "./quantile_search.ts";

const LANCZOS = [
  0.99999999999980993,
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** Logarithm of the gamma function for `x >= 1/2` (Lanczos' approximation, g = 7, nine terms). */
export function logGamma(x: number): number {
  let sum = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i] / (x - 1 + i);
  const t = x + 6.5;
  return Math.log(2 * Math.PI) / 2 + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * Regularized incomplete beta function I_x(a, b) (`scipy.special.betainc`), by its continued fraction (DLMF 8.17.22),
 * evaluated with Lentz's method. `rest` is 1 - x, handed in because it may be known better than the subtraction says.
 */
export function incompleteBeta(x: number, a: number, b: number, rest: number = 1 - x): number {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(rest, b, a, x);
  const tiny = 1e-300, away = (value: number) => Math.abs(value) < tiny ? tiny : value;
  let c = 1, d = 1 / away(1 - (a + b) * x / (a + 1)), fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= c * d;
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  const front = a * Math.log(x) + b * Math.log(rest) + logGamma(a + b) - logGamma(a) - logGamma(b);
  return Math.exp(front) * fraction / a;
}

/** Probability of a value above `t` with that many degrees of freedom. */
export function studentTail(t: number, freedom: number): number {
  if (!(freedom > 0)) throw new RangeError(`Degrees of freedom are greater than 0, not ${freedom}.`);
  if (Number.isNaN(t)) return NaN;
  if (t < 0) return 1 - studentTail(-t, freedom);
  if (t === Infinity) return 0;
  const square = t * t;
  return incompleteBeta(freedom / (freedom + square), freedom / 2, 0.5, square / (freedom + square)) / 2;
}

/** The value that is not exceeded with that probability: 2.262157 for 0.975 and 9 degrees of freedom. */
export function studentQuantile(probability: number, freedom: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`${probability} is no probability.`);
  if (probability > 0.5) return -studentQuantile(1 - probability, freedom);
  return -lowerQuantile((t) => studentTail(t, freedom), probability);
}
