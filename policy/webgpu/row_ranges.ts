/**
 * Hands out ranges of a cache's rows: the lowest that is free and long enough.
 *
 * @module
 */

/** Ranges of rows in use. */
export interface RowRanges {
  /** First row of a range of `length` rows that is now taken; undefined if there is none. */
  take(length: number): number | undefined;
  /** Gives a range back. */
  give(first: number): void;
}

/** All rows from 0 to `count` are free. */
export function createRowRanges(count: number): RowRanges {
  /** By first row, ascending. */
  let taken: { first: number; length: number }[] = [];
  return {
    take(length) {
      let first = 0, place = 0;
      while (place < taken.length && taken[place].first - first < length) {
        first = taken[place].first + taken[place].length;
        place++;
      }
      if (first + length > count) return undefined;
      taken.splice(place, 0, { first, length });
      return first;
    },
    give(first) {
      taken = taken.filter((range) => range.first !== first);
    },
  };
}
