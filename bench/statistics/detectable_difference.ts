/**
 * What a benchmark of so many seeds can see at all. A leaderboard without significant differences may mean that the
 * algorithms are alike, or that there were too few seeds; this number tells which.
 *
 * @module
 */
import { normalCdf } from "./normal.ts";
import { logGamma, studentQuantile } from "./student_t.ts";

/** What is asked of the test. */
export interface PowerOptions {
  /** Chance of a false finding, two-sided. Default 0.05; divide it by the number of pairs for Holm's first step. */
  level?: number;
  /** Chance to find a difference of that size. Default 0.8. */
  power?: number;
}

/**
 * Power of the two-sided paired t test (`statsmodels.stats.power.TTestPower.power`): the chance that it finds a
 * difference of `effect` standard deviations with `n` pairs. At 0 it is the level.
 *
 * The noncentral t distribution, integrated over the sample standard deviation s in units of the true one: P(T > c) is
 * the mean of P(Z > c s - effect sqrt(n)).
 */
export function pairedPower(effect: number, n: number, level = 0.05): number {
  if (!(Number.isInteger(n) && n >= 2)) throw new RangeError(`The power of a paired test needs 2 pairs, not ${n}.`);
  if (!(level > 0 && level < 1)) throw new RangeError(`The level lies between 0 and 1, not ${level}.`);
  const freedom = n - 1, critical = studentQuantile(1 - level / 2, freedom), shift = effect * Math.sqrt(n);
  // In v = ln s the integrand is smooth and dies away at both ends, where the trapezoid rule is exact but for rounding.
  // It has to resolve the step of the normal distribution, which gets narrow as the shift gets large.
  const half = freedom / 2, scale = Math.log(2) + half * Math.log(half) - logGamma(half);
  const low = -0.5 - 34 / freedom - Math.sqrt(34 / freedom), high = 0.5 + Math.sqrt(34 / freedom);
  const steps = Math.min(20_000, Math.max(1000, Math.ceil((high - low) * 2 * Math.abs(shift))));
  const width = (high - low) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const v = low + i * width, s = Math.exp(v);
    const density = Math.exp(scale + freedom * v - half * s * s);
    if (density > 1e-20) sum += density * (normalCdf(shift - critical * s) + normalCdf(-shift - critical * s));
  }
  return sum * width;
}

/**
 * The smallest true difference that `n` seeds find with that power, given the standard deviation of the differences
 * within seeds (`TTestPower.solve_power` times it). Null with a single seed. A deviation of 0 gives 0: nothing was
 * seen that could be estimated from.
 *
 * @example
 * ```ts
 * import { detectableDifference } from "@podium/rl/bench";
 * detectableDifference(10, 0.03); // 0.0299: ten seeds find three points when differences scatter by three
 * ```
 */
export function detectableDifference(n: number, deviation: number, options: PowerOptions = {}): number | null {
  const { level = 0.05, power = 0.8 } = options;
  if (n < 2) return null;
  if (!(power > level && power < 1)) throw new RangeError(`Power lies between the level ${level} and 1, not ${power}.`);
  let low = 0, high = 1;
  while (pairedPower(high, n, level) < power) [low, high] = [high, 2 * high];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (pairedPower(middle, n, level) < power) low = middle;
    else high = middle;
  }
  return (low + high) / 2 * deviation;
}
