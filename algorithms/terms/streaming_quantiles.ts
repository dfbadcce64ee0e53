/**
 * Quantiles of a stream in bounded memory: what GFPO's adaptive difficulty keeps between steps (arXiv 2508.09726
 * algorithm 2, which names a t-digest for it).
 *
 * A sketch is a sorted list of distinct values with how often each was seen. Up to 256 distinct values it is exact,
 * however long the stream. Beyond that, neighbours are merged into their weighted mean until about 128 are left; the
 * smallest and the largest value are never merged. A merged entry holds at most 1/64 of what was seen, so that a
 * quantile read then is off by about that share of the ranks, a little more after many merges.
 *
 * A batch is sorted before it is added, so the order within it does not matter. The order of batches matters only
 * once something was merged. The sketch is plain JSON, and nothing here is random.
 *
 * @module
 */

/** Largest number of distinct values that are kept as they are. */
const LIMIT = 256;

/** What was seen so far: plain JSON. */
export interface QuantileSketch {
  /** Distinct values, ascending. */
  readonly values: readonly number[];
  /** How often each was seen. */
  readonly counts: readonly number[];
}

/** Nothing seen yet. */
export const emptySketch: QuantileSketch = { values: [], counts: [] };

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Number of values seen. */
export function seen({ counts }: QuantileSketch): number {
  return sum(counts);
}

/** The sketch after some more values, which must be finite. The given sketch is left as it is. */
export function addValues(sketch: QuantileSketch, added: readonly number[]): QuantileSketch {
  const entries = [
    ...sketch.values.map((value, i) => ({ value, count: sketch.counts[i] })),
    ...added.map((value) => ({ value, count: 1 })),
  ].sort((a, b) => a.value - b.value);
  const distinct: { value: number; count: number }[] = [];
  for (const { value, count } of entries) {
    const last = distinct.at(-1);
    if (last?.value === value) last.count += count;
    else distinct.push({ value, count });
  }
  const kept = distinct.length <= LIMIT ? distinct : merge(distinct);
  return { values: kept.map(({ value }) => value), counts: kept.map(({ count }) => count) };
}

/** Merges neighbours while together they hold at most 4 / LIMIT of all; the two ends stay as they are. */
function merge(entries: readonly { value: number; count: number }[]): { value: number; count: number }[] {
  const capacity = 4 * sum(entries.map(({ count }) => count)) / LIMIT;
  const merged = [{ ...entries[0] }];
  entries.slice(1).forEach(({ value, count }, i) => {
    const last = merged[merged.length - 1], total = last.count + count;
    if (merged.length === 1 || i === entries.length - 2 || total > capacity) merged.push({ value, count });
    else [last.value, last.count] = [last.value + (value - last.value) * count / total, total];
  });
  return merged;
}

/**
 * The value below which the given share of what was seen lies, between 0 and 1, with linear interpolation between
 * neighbouring ranks (type 7 of Hyndman and Fan, the default of NumPy and R). `NaN` if nothing was seen.
 */
export function quantile(sketch: QuantileSketch, share: number): number {
  const rank = share * (seen(sketch) - 1), below = Math.floor(rank);
  const at = (index: number) => {
    let before = 0;
    const place = sketch.counts.findIndex((count) => (before += count) > index);
    return place < 0 ? sketch.values.at(-1) ?? NaN : sketch.values[place];
  };
  const low = at(below);
  return low + (rank - below) * (at(below + 1) - low);
}
