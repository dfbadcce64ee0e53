/**
 * The A/A test: how often the leaderboard's test finds a difference where there is none, because both sides are the
 * same algorithm under other seeds.
 *
 * The seeds of a run are split at random into disjoint sets; each set plays an algorithm, and the sets are compared as
 * the leaderboard compares algorithms: paired in the order they were drawn, t test, Holm's correction where there are
 * more than two. The share of splits with a significant pair estimates the rate of false findings.
 *
 * **What it can say.** A leaderboard pairs algorithms on shared seeds. Here pairs have other seeds, for an algorithm
 * with itself on a shared seed is the same run twice. That makes the test neither easier nor harder to pass: what a
 * shared seed brings along cancels in the differences, and if these are independent and normal, the paired t test finds
 * 5 % whether they are large or small. Examined is whether differences of real runs, so few of them, with scores that
 * go in steps, are near enough to that, and whether the procedure as a whole (test, ties, Holm's correction) does what
 * it says: a test that took three differences for many would find 19 %.
 * In one respect it is lenient: the difference of two runs of one algorithm has a symmetric distribution, and that of
 * two algorithms need not have. Symmetric outliers make the t test find less than 5 %, skewed ones may make it find
 * more, and no A/A test can see that; the sign-flip p-values beside the leaderboard's can.
 *
 * **Its interval.** Splits reuse the same runs, so their number says nothing about how sure the share is. The share is
 * a U-statistic of the seeds. Its variance is estimated by leaving out one seed at a time (the jackknife), each time
 * taking the splits that happen not to use that seed. For such statistics the jackknife is too large in expectation
 * rather than too small (Efron and Stein, The Annals of Statistics 9, 586-596, 1981), and the finite number of splits
 * adds to it: the interval errs on the wide side.
 *
 * @module
 */
import { fold, integer, type Key, keyOf } from "../../policy/random.ts";
import { mean } from "./describe.ts";
import { holm } from "./multiple_testing.ts";
import { decidingP } from "./paired_difference.ts";
import { type ScoreMatrix, seedMeans } from "./scores.ts";
import { studentQuantile } from "./student_t.ts";

/** A rate of false findings. */
export interface FalsePositives {
  /** Seeds of each side. */
  seeds: number;
  /** Sides that were compared at once, every one with every other. */
  sides: number;
  /** Comparisons that were made. */
  splits: number;
  /** Share in which any pair was significant. */
  share: number;
  /** Lower end of its 95 % interval. */
  low: number;
  /** Upper end. */
  high: number;
}

/** How splits are drawn and judged. */
export interface FalsePositiveOptions {
  /** Sides compared at once. Default 2. */
  sides?: number;
  /** Level of significance. Default 0.05. */
  level?: number;
  /** Least number of splits; all seeds are dealt out until there are so many. Default 100,000. */
  splits?: number;
  /** Seed of the dealing. Default 0. */
  seed?: number;
  /** The test on trial: a p-value from the scores of two sides. Default {@linkcode decidingP}, the leaderboard's. */
  test?: (x: readonly number[], y: readonly number[]) => number | null;
}

/** Whole numbers below `count` in an order that the key decides. */
function shuffled(key: Key, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const at = integer(key, last, last + 1);
    [order[last], order[at]] = [order[at], order[last]];
  }
  return order;
}

/** Counts over splits, in all and of those that use each seed. */
interface Tally {
  splits: number;
  found: number;
  splitsWith: Float64Array;
  foundWith: Float64Array;
}

/** Share of found with the interval that leaving out one seed at a time gives. */
function jackknifed({ splits, found, splitsWith, foundWith }: Tally): Pick<FalsePositives, "share" | "low" | "high"> {
  const seeds = splitsWith.length, share = found / splits;
  const without = Array.from(foundWith, (own, at) => (found - own) / (splits - splitsWith[at]));
  const center = mean(without)!;
  const variance = (seeds - 1) * mean(without.map((value) => (value - center) ** 2))!;
  const reach = studentQuantile(0.975, seeds - 1) * Math.sqrt(variance);
  return { share, low: Math.max(0, share - reach), high: Math.min(1, share + reach) };
}

/**
 * Rate of false findings among sides of `seeds` seeds each.
 *
 * @param algorithms scores of each algorithm, all with the same seeds, row by row; each is only compared with itself,
 *   and the share is their mean
 * @returns null if there are not seeds enough for one comparison that leaves a seed out
 * @throws {RangeError} if algorithms differ in seeds, or a side has fewer than two
 */
export function falsePositives(
  algorithms: readonly ScoreMatrix[],
  seeds: number,
  options: FalsePositiveOptions = {},
): FalsePositives | null {
  const { sides = 2, level = 0.05, splits = 100_000, seed = 0, test = decidingP } = options;
  if (!(seeds >= 2)) throw new RangeError(`A side needs at least two seeds, not ${seeds}.`);
  const scores = algorithms.map(seedMeans), all = scores[0]?.length ?? 0, used = sides * seeds;
  if (scores.some(({ length }) => length !== all)) throw new RangeError("The algorithms have run other seeds.");
  if (all <= used) return null;
  const key = keyOf(seed, "a/a", seeds, sides), atOnce = Math.floor(all / used);
  const tally = { splits: 0, found: 0, splitsWith: new Float64Array(all), foundWith: new Float64Array(all) };
  for (let deal = 0; tally.splits < splits; deal++) {
    const order = shuffled(fold(key, deal), all);
    for (let split = 0; split < atOnce; split++) {
      const places = order.slice(split * used, (split + 1) * used);
      const dealt = Array.from({ length: sides }, (_, side) => places.slice(side * seeds, (side + 1) * seeds));
      const found = mean(scores.map((own) => anySignificant(dealt.map((side) => side.map((at) => own[at])))))!;
      tally.splits++;
      tally.found += found;
      for (const at of places) {
        tally.splitsWith[at]++;
        tally.foundWith[at] += found;
      }
    }
  }
  return { seeds, sides, splits: tally.splits, ...jackknifed(tally) };

  /** 1 if any pair of sides is significant after Holm's correction. */
  function anySignificant(sides: readonly (readonly number[])[]): number {
    const values = sides.flatMap((x, place) => sides.slice(place + 1).map((y) => test(x, y)!));
    return holm(values).some((p) => p <= level) ? 1 : 0;
  }
}
