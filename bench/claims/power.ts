/**
 * What more seeds would say of a test that is inconclusive.
 *
 * A test compares the mean of the differences within seeds with a bound, that of what is claimed; it is decided when the
 * 95 % interval lies on one side of it. That is a paired t test of "the mean is at the bound", so what its power says of
 * benchmarks holds here too. All that is needed is in the verdict: the interval gives back the deviation of the
 * differences. The deviation of a few seeds is a rough one, and what follows from it an order of magnitude.
 *
 * @module
 */
import { detectableDifference, pairedPower } from "../statistics/detectable_difference.ts";
import { studentQuantile } from "../statistics/student_t.ts";
import type { Direction, TestVerdict } from "./claim.ts";

/** What a test of so many seeds could have found. Differences are in units of the column. */
export interface Power {
  /** How far off the bound a difference is found four times out of five with the seeds there are. */
  detectable: number;
  /** How far off the bound the measured difference is. */
  distance: number;
  /** Seeds with which one that is so far off is found four times out of five; null: more than {@linkcode MOST_SEEDS}. */
  seeds: number | null;
}

/** Most seeds that are counted: nobody runs so many. */
export const MOST_SEEDS = 1000;

/** How often a difference is to be found. */
const POWER = 0.8;

/** Where what is claimed begins or ends. */
const bounds: Readonly<Record<Direction, (margin: number) => readonly number[]>> = {
  "higher": (margin) => [margin],
  "lower": (margin) => [-margin],
  "not lower": (margin) => [-margin],
  "not higher": (margin) => [margin],
  "equal": (margin) => [-margin, margin],
};

/** Fewest seeds, more than `seeds`, that find a difference of `effect` deviations; null if that takes too many. */
function seedsFor(effect: number, seeds: number): number | null {
  const isEnough = (n: number) => pairedPower(effect, n) >= POWER;
  let few = seeds, enough = 2 * seeds;
  while (!isEnough(enough)) {
    if (enough >= MOST_SEEDS) return null;
    [few, enough] = [enough, Math.min(2 * enough, MOST_SEEDS)];
  }
  while (enough - few > 1) {
    const middle = (few + enough) >> 1;
    if (isEnough(middle)) enough = middle;
    else few = middle;
  }
  return enough;
}

/** What a test could have found; null where it has no interval, or one of no width, from which nothing follows. */
export function powerOf(
  { direction, margin, seeds, estimate }: Pick<TestVerdict, "direction" | "margin" | "seeds" | "estimate">,
): Power | null {
  if (!estimate || estimate.low === null || estimate.high === null || estimate.high <= estimate.low) return null;
  const reach = (estimate.high - estimate.low) / 2;
  const deviation = reach * Math.sqrt(seeds) / studentQuantile(0.975, seeds - 1);
  const distance = Math.min(...bounds[direction](margin).map((bound) => Math.abs(estimate.mean - bound)));
  return {
    detectable: detectableDifference(seeds, deviation, { power: POWER })!,
    distance,
    seeds: seedsFor(distance / deviation, seeds),
  };
}
