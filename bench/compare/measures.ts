/**
 * What is measured of two rows that stand for the same algorithm on the same task, and whether it differs by more than
 * chance.
 *
 * Where both have two seeds or more in common, the difference is taken within those seeds, as on the leaderboard: what
 * a seed brings along cancels. Otherwise it is Welch's, over all seeds.
 *
 * @module
 */
import type { Metrics } from "../leaderboard/metrics.ts";
import type { SeedRow } from "../leaderboard/shape.ts";
import { mean } from "../statistics/describe.ts";
import { holm } from "../statistics/multiple_testing.ts";
import { decidingP, pairedDifference } from "../statistics/paired_difference.ts";
import { unpairedDifference } from "../statistics/unpaired_difference.ts";

/** A number of a cell. */
interface Measure {
  /** Path within the columns of a seed. */
  name: string;
  /** How people read it: as a percentage, or with so many decimals. */
  digits: "percent" | number;
  /** Whether cells with the same hash have the same number: not so for what a clock measured. */
  inChain: boolean;
  of: (metrics: Metrics) => number | null;
}

const measure = (name: string, digits: Measure["digits"], of: Measure["of"], inChain = true): Measure => ({
  name,
  digits,
  inChain,
  of,
});

/** What is compared, the first for everybody to see and the others where they differ. */
export const measures: readonly Measure[] = [
  measure("accuracy.average", "percent", ({ accuracy }) => accuracy.average),
  measure("accuracy.greedy", "percent", ({ accuracy }) => accuracy.greedy),
  measure("length.mean", 1, ({ length }) => length.mean),
  measure("length.truncated", "percent", ({ length }) => length.truncated),
  measure("stability.finalOverBest", 3, ({ stability }) => stability.finalOverBest),
  measure("stability.entropyLast", 3, ({ stability }) => stability.entropyLast),
  measure("stability.kl", 4, ({ stability }) => stability.kl),
  measure("stability.gradientNorm", 3, ({ stability }) => stability.gradientNorm),
  measure("stability.roughness", 4, ({ stability }) => stability.roughness),
  measure("stability.groupsWithoutSignal", "percent", ({ stability }) => stability.groupsWithoutSignal),
  measure("stability.unanswered", "percent", ({ stability }) => stability.unanswered),
  measure("cost.tokensGenerated", 0, ({ cost }) => cost.tokensGenerated),
  measure("cost.tokensTrained", 0, ({ cost }) => cost.tokensTrained),
  measure("cost.seconds", 1, ({ cost }) => cost.seconds, false),
  measure("cost.memory", 0, ({ cost }) => cost.memory, false),
];

/** How a number differs between two rows: the second minus the first. */
export interface MeasureChange {
  /** Name of the measure. */
  measure: string;
  /** Mean of the first over the seeds compared; null if no seed has it. */
  a: number | null;
  /** Mean of the second. */
  b: number | null;
  /** Second minus first; null if a side has no number. */
  difference: number | null;
  /** Lower end of its 95 % interval; null with too few seeds. */
  low: number | null;
  /** Upper end. */
  high: number | null;
  /** Whether seeds were paired; null if nothing was tested: too few seeds, or the same bits. */
  test: "paired" | "unpaired" | null;
  /** Two-sided p-value of no difference; null if nothing was tested. */
  p: number | null;
  /** The same after Holm's correction over all rows, of this measure. */
  adjusted: number | null;
  /** Whether the adjusted p-value is at most 0.05. */
  significant: boolean;
}

/** Values of a measure by seed, of the seeds that have it. */
function valuesOf({ of }: Measure, seeds: readonly SeedRow[]): Map<number, number> {
  return new Map(seeds.flatMap(({ seed, hash, metrics }) => {
    const value = hash === null ? null : of(metrics);
    return value === null ? [] : [[seed, value] as const];
  }));
}

/** The difference of one measure; `same` says that all cells of both rows are the same to the last bit. */
function changeOf(measure: Measure, a: readonly SeedRow[], b: readonly SeedRow[], same: boolean): MeasureChange {
  const first = valuesOf(measure, a), second = valuesOf(measure, b);
  const shared = [...first.keys()].filter((seed) => second.has(seed)), paired = shared.length > 1;
  const x = paired ? shared.map((seed) => first.get(seed)!) : [...first.values()];
  const y = paired ? shared.map((seed) => second.get(seed)!) : [...second.values()];
  const means = { measure: measure.name, a: mean(x), b: mean(y) };
  const untested = { test: null, p: null, adjusted: null, significant: false } as const;
  if (x.length === 0 || y.length === 0) return { ...means, difference: null, low: null, high: null, ...untested };
  const { mean: difference, low, high, p } = paired ? pairedDifference(y, x) : unpairedDifference(y, x);
  if (p === null || same && measure.inChain) return { ...means, difference, low, high, ...untested };
  return {
    ...means,
    difference,
    low,
    high,
    test: paired ? "paired" : "unpaired",
    p: paired ? decidingP(y, x) : p,
    adjusted: null,
    significant: false,
  };
}

/** Two rows. */
export interface RowPair {
  /** Seeds of the first. */
  a: readonly SeedRow[];
  /** Seeds of the second. */
  b: readonly SeedRow[];
  /** Whether all their cells are the same to the last bit. */
  same: boolean;
}

/** Every measure of every pair of rows, in their order, with Holm's correction over the rows. */
export function measureChanges(pairs: readonly RowPair[], level = 0.05): MeasureChange[][] {
  const columns = measures.map((measure) => {
    const changes = pairs.map(({ a, b, same }) => changeOf(measure, a, b, same));
    const adjusted = holm(changes.flatMap(({ p }) => p ?? []));
    let next = 0;
    return changes.map((change) => {
      if (change.p === null) return change;
      const own = adjusted[next++];
      return { ...change, adjusted: own, significant: own <= level };
    });
  });
  return pairs.map((_, row) => columns.map((column) => column[row]));
}
