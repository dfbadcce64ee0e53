/**
 * Mean, deviation and standard deviation, with the corner cases that decide whether equal rewards give exactly zero.
 *
 * @module
 */

/** Arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Whether all values are the same up to rounding (1e-12 of the largest magnitude).
 *
 * An exact test is not enough: three rewards of 0.1 do not average to 0.1 in floating point, and dividing what is left
 * by their standard deviation would turn rounding into advantages of size 1.
 */
export function allEqual(values: readonly number[]): boolean {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return !(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)));
}

/** Each value minus the mean of all; exactly 0 if they are {@linkcode allEqual}. */
export function deviations(values: readonly number[]): number[] {
  if (allEqual(values)) return values.map(() => 0);
  const centre = mean(values);
  return values.map((value) => value - centre);
}

/**
 * Standard deviation with divisor `n − ddof` (0 population, 1 Bessel-corrected as in torch). Exactly 0 if the values
 * are {@linkcode allEqual} or there are not more than `ddof` of them.
 */
export function standardDeviation(values: readonly number[], ddof: number): number {
  if (values.length <= ddof) return 0;
  const squares = deviations(values).reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares / (values.length - ddof));
}

/** How a standard deviation becomes a divisor. */
export interface Divisor {
  /** Divisor of the variance is `n − ddof`. */
  ddof: number;
  /** Added to the standard deviation, or to the variance if {@linkcode Divisor.insideRoot} is set. */
  stdEpsilon: number;
  /** Add `stdEpsilon` to the variance before the root, as verl's whitening does. Default false. */
  insideRoot?: boolean;
}

/** `value / (std + stdEpsilon)`, or `value / sqrt(std² + stdEpsilon)`; 0 where that would divide by 0. */
export function scaleBy(value: number, std: number, { stdEpsilon, insideRoot }: Divisor): number {
  const divisor = insideRoot ? Math.sqrt(std * std + stdEpsilon) : std + stdEpsilon;
  return divisor > 0 ? value / divisor : 0;
}

/** `(value − mean) / (std + stdEpsilon)` over all values; all 0 if they are {@linkcode allEqual}. */
export function whiten(values: readonly number[], divisor: Divisor): number[] {
  const std = standardDeviation(values, divisor.ddof);
  return deviations(values).map((value) => scaleBy(value, std, divisor));
}
