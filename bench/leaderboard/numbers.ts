/**
 * Numbers that a record may lack.
 *
 * @module
 */

/** A number, or null where the record has none. */
export type Metric = number | null;

/** The largest; null of nothing. */
export const largest = (values: readonly number[]): Metric =>
  values.length ? values.reduce((a, b) => Math.max(a, b)) : null;

/** The smallest; null of nothing. */
export const lowest = (values: readonly number[]): Metric =>
  values.length ? values.reduce((a, b) => Math.min(a, b)) : null;

/** The sum; 0 of nothing. */
export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Those that are there. */
export const given = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((value) => value != null);
