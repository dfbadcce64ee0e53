/**
 * The three p-values of a test, by what it is asked.
 *
 * @module
 */
import { normalTail } from "./normal.ts";

/** p-values by alternative. */
export interface PValues {
  /** There is a difference, whichever way. */
  readonly twoSided: number;
  /** The first is greater, or the differences are greater than 0. */
  readonly greater: number;
  /** The first is less. */
  readonly less: number;
}

/**
 * p-values of a statistic with a normal approximation. `continuity` is the half step taken towards the middle, since
 * the statistic goes in steps. Without spread nothing can be said: all are 1.
 */
export function normalPValues(distance: number, spread: number, continuity: number): PValues {
  if (spread === 0) return { twoSided: 1, greater: 1, less: 1 };
  return {
    twoSided: Math.min(1, 2 * normalTail((Math.abs(distance) - continuity) / spread)),
    greater: normalTail((distance - continuity) / spread),
    less: normalTail((-distance - continuity) / spread),
  };
}
