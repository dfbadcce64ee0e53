/**
 * Health gates: what must hold for a run's numbers to be believed. A gate that fails stops the cell.
 *
 * @module
 */
import { GateFailure } from "./outcomes.ts";

/** Fails if one of the numbers is NaN or infinite. */
export function requireFinite(what: string, step: number, rows: Iterable<ArrayLike<number>>): void {
  let place = 0;
  for (const row of rows) {
    for (let index = 0; index < row.length; index++) {
      if (!Number.isFinite(row[index])) {
        throw new GateFailure(
          "finite",
          step,
          `${what} of response ${place} is ${row[index]} at token ${index}; try a smaller learning rate.`,
        );
      }
    }
    place++;
  }
}

/** Fails if `value` is NaN or infinite. */
export function requireFiniteNumber(what: string, step: number, value: number): void {
  if (Number.isFinite(value)) return;
  throw new GateFailure("finite", step, `${what} is ${value}; try a smaller learning rate.`);
}

/** Fails if `value` exceeds `limit`. */
export function requireAtMost(gate: string, what: string, step: number, value: number, limit: number): void {
  if (value <= limit) return;
  throw new GateFailure(gate, step, `${what} is ${value}, more than the limit of ${limit}.`);
}

/** Largest and mean |difference| over all entries of two lists of rows. */
export function difference(
  left: readonly ArrayLike<number>[],
  right: readonly ArrayLike<number>[],
): { max: number; mean: number } {
  let max = 0, sum = 0, count = 0;
  left.forEach((row, index) => {
    for (let i = 0; i < row.length; i++) {
      const d = Math.abs(row[i] - right[index][i]);
      if (!(d <= max)) max = d;
      sum += d;
      count++;
    }
  });
  return { max, mean: count ? sum / count : 0 };
}
