/**
 * From two rows of a leaderboard to a verdict. What counts is the 95 % interval of the paired differences a - b within
 * seeds (`../statistics/paired_difference.ts`) against what is claimed of them:
 *
 * | direction | differences that are claimed |
 * |---|---|
 * | higher, lower | beyond the margin |
 * | not lower, not higher | no further to the bad side than the margin (non-inferiority) |
 * | equal | no further than the margin to either side (equivalence by two one-sided tests, each at 2.5 %) |
 *
 * The whole interval among them: reproduced. None of it: not reproduced. Else, or with too few seeds: inconclusive. So
 * "not reproduced" is a finding of its own, never a lack of data.
 *
 * A claim is reproduced if all its tests are. That needs no correction for their number: all must hold at once.
 *
 * @module
 */
import type { Metric } from "../leaderboard/metrics.ts";
import type { LeaderboardRow, SeedRow } from "../leaderboard/shape.ts";
import { pairedDifference } from "../statistics/paired_difference.ts";
import type { Claim, ClaimTest, Direction, Outcome, TestVerdict } from "./claim.ts";
import { metricAt } from "./columns.ts";
import { testSentence } from "./sentences.ts";

/** Where a difference lies: among those that are claimed (0), below (-1) or above them (1). */
const places: Readonly<Record<Direction, (difference: number, margin: number) => -1 | 0 | 1>> = {
  "higher": (difference, margin) => difference > margin ? 0 : -1,
  "lower": (difference, margin) => difference < -margin ? 0 : 1,
  "not lower": (difference, margin) => difference >= -margin ? 0 : -1,
  "not higher": (difference, margin) => difference <= margin ? 0 : 1,
  "equal": (difference, margin) => difference < -margin ? -1 : difference > margin ? 1 : 0,
};

/** What an interval of the differences says of what is claimed. */
export function outcomeOf(
  { direction, margin }: Pick<ClaimTest, "direction" | "margin">,
  { low, high }: { low: number; high: number },
): Outcome {
  const lower = places[direction](low, margin), upper = places[direction](high, margin);
  return lower !== upper ? "inconclusive" : lower === 0 ? "reproduced" : "not reproduced";
}

/** Columns that learning curves have. */
const curves = { "accuracy.average": "average", "accuracy.greedy": "greedy" } as const;

/**
 * A column of a learning curve at its last evaluation up to which so many responses were sampled; null if that is before
 * the first one: nothing was learned yet.
 */
function columnAfter({ curve }: SeedRow, metric: string, responses: number): Metric {
  if (!Object.hasOwn(curves, metric)) throw new RangeError(`There is no learning curve of ${metric}.`);
  const last = curve.findLast((point) => point.responses <= responses);
  return last && last.responses > 0 ? last[curves[metric as keyof typeof curves]] : null;
}

/** The column of both rows in the seeds in which both have a number, in the same order. */
function paired(
  { metric, fewerResponses }: ClaimTest,
  a: LeaderboardRow,
  b: LeaderboardRow,
): { x: number[]; y: number[] } {
  const x: number[] = [], y: number[] = [];
  for (const row of a.seeds) {
    const other = b.seeds.find(({ seed }) => seed === row.seed);
    const its = other ? metricAt(other.metrics, metric) : null;
    const end = metricAt(row.metrics, metric);
    if (!other || its === null || end === null) continue;
    const own = fewerResponses === undefined
      ? end
      : columnAfter(row, metric, metricAt(other.metrics, "cost.responses")! / fewerResponses);
    if (own === null) continue;
    x.push(own);
    y.push(its);
  }
  return { x, y };
}

/** Judges one test by the rows of its two entries. */
export function judgeTest(
  test: ClaimTest,
  a: LeaderboardRow,
  b: LeaderboardRow,
  minimumSeeds: number,
): TestVerdict {
  const { x, y } = paired(test, a, b), seeds = x.length;
  const { mean, low, high } = seeds > 0 ? pairedDifference(x, y) : { mean: 0, low: null, high: null };
  const verdict = seeds < minimumSeeds || low === null || high === null
    ? "inconclusive"
    : outcomeOf(test, { low, high });
  const judged = { ...test, seeds, estimate: seeds > 0 ? { mean, low, high } : null, verdict };
  return { ...judged, sentence: testSentence(judged, minimumSeeds) };
}

/** Judges all tests of a claim; `rowOf` finds a row by its label. */
export function judgeTests(claim: Claim, rowOf: (label: string) => LeaderboardRow): TestVerdict[] {
  return claim.tests.map((test) => judgeTest(test, rowOf(test.a), rowOf(test.b), claim.minimumSeeds));
}

/** What the outcomes of its tests make of a claim. */
export function combined(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes("not reproduced")) return "not reproduced";
  return outcomes.includes("inconclusive") ? "inconclusive" : "reproduced";
}
