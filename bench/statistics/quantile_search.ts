/**
 * Quantiles by bisection. Slower than a formula and as exact as the distribution itself, which is what matters here:
 * a leaderboard needs a few hundred.
 *
 * @module
 */

/** The `x >= 0` with `tail(x) = probability`, for a tail that falls from 1/2 at 0 to 0; infinite for 0. */
export function lowerQuantile(tail: (x: number) => number, probability: number): number {
  if (probability === 0) return Infinity;
  if (probability >= 0.5) return 0;
  let low = 0, high = 1;
  while (tail(high) > probability) [low, high] = [high, 2 * high];
  while (true) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    if (tail(middle) > probability) low = middle;
    else high = middle;
  }
}
