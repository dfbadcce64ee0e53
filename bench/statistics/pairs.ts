/**
 * Every pair of algorithms compared: difference within seeds, probability of improvement, Holm's correction, and what
 * the seeds at hand could have shown.
 *
 * The p-value is that of the paired t test on the seeds' means over tasks. The sign-flip test stands beside it, but
 * does not decide: with ten seeds no p-value of its is below 2 / 1024, which no correction for 120 pairs survives. It
 * does decide where all differences are the same and the t test would answer with a p-value of 0.
 *
 * @module
 */
import { standardDeviation } from "./describe.ts";
import { detectableDifference, type PowerOptions } from "./detectable_difference.ts";
import { improvementInterval, type Interval } from "./interval.ts";
import { holm } from "./multiple_testing.ts";
import { decidingP, differences, type PairedDifference, pairedDifference } from "./paired_difference.ts";
import { drawResamples, type ResampleOptions } from "./resamples.ts";
import { type ScoreMatrix, seedMeans, shapeOf } from "./scores.ts";
import { signFlipTest } from "./sign_flips.ts";

/** One pair of algorithms. */
export interface PairComparison {
  /** Name of the one. */
  readonly a: string;
  /** Name of the other. */
  readonly b: string;
  /** `a` minus `b`, of the seeds' means over tasks. */
  readonly difference: PairedDifference;
  /** Probability that a run of `a` beats one of `b`. */
  readonly improvement: Interval;
  /** p-value of the sign-flip test; null with one seed or more than 40. */
  readonly signFlips: number | null;
  /** Two-sided p-value of no difference; null with one seed. */
  readonly p: number | null;
  /** The same after Holm's correction over all pairs. */
  readonly adjusted: number | null;
  /** Whether the adjusted p-value is at most the level. */
  readonly significant: boolean;
  /** Smallest difference that so many seeds find with the power asked for, in this one comparison; null with one seed. */
  readonly detectable: number | null;
}

/** How pairs are compared. */
export interface ComparePairsOptions extends PowerOptions, Omit<ResampleOptions, "stream"> {
  /** Confidence of the intervals, each for itself. Default 0.95. */
  confidence?: number;
}

/**
 * Compares every pair of algorithms, in the order of the names given. All have run the same tasks with the same seeds,
 * row by row. With one seed there are differences, but no intervals, and nothing is significant.
 *
 * @throws {RangeError} if the algorithms differ in seeds or tasks.
 */
export function comparePairs(
  algorithms: Readonly<Record<string, ScoreMatrix>>,
  options: ComparePairsOptions = {},
): PairComparison[] {
  const { level = 0.05, power = 0.8, confidence = 0.95, resamples, seed } = options;
  const names = Object.keys(algorithms);
  if (names.length < 2) return [];
  const shape = shapeOf(algorithms[names[0]]);
  const all = names.map((name) => {
    const scores = algorithms[name], { seeds, tasks } = shapeOf(scores);
    if (seeds !== shape.seeds || tasks !== shape.tasks) {
      throw new RangeError(
        `${name} has ${seeds} seeds and ${tasks} tasks, ${
          names[0]
        } has ${shape.seeds} and ${shape.tasks}: pairs need the same.`,
      );
    }
    return { name, scores, means: seedMeans(scores), drawn: drawResamples(shape, { resamples, seed, stream: name }) };
  });
  const effect = detectableDifference(shape.seeds, 1, { level, power });
  const pairs = all.flatMap((a, i) =>
    all.slice(i + 1).map((b) => {
      const list = differences(a.means, b.means), difference = pairedDifference(a.means, b.means, confidence);
      const signFlips = shape.seeds >= 2 && shape.seeds <= 40 ? signFlipTest(list).twoSided : null;
      const deviation = standardDeviation(list);
      return {
        a: a.name,
        b: b.name,
        difference,
        improvement: improvementInterval(a.scores, b.scores, a.drawn, b.drawn, confidence),
        signFlips,
        p: decidingP(a.means, b.means),
        detectable: effect === null || deviation === null ? null : effect * deviation,
      };
    })
  );
  const adjusted = holm(pairs.flatMap(({ p }) => p ?? []));
  return pairs.map((pair, i) => {
    const own = pair.p === null ? null : adjusted[i];
    return { ...pair, adjusted: own, significant: own !== null && own <= level };
  });
}

/**
 * Rank of each algorithm: one more than the number of algorithms that are significantly better. Algorithms that
 * nothing tells apart share a rank, and where nothing is significant all are first.
 */
export function tiedRanks(names: readonly string[], pairs: readonly PairComparison[]): number[] {
  return names.map((name) =>
    1 +
    pairs.filter(({ a, b, difference, significant }) =>
      significant && ((a === name && difference.mean < 0) || (b === name && difference.mean > 0))
    ).length
  );
}
