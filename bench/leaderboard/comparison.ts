/**
 * The comparison of all algorithms of a leaderboard by avg@k after training, over one task or several.
 *
 * Only algorithms that finished every seed on every task are compared: to leave out a seed that a health gate stopped
 * would reward those that fail.
 *
 * @module
 */
import {
  interquartileMean,
  interquartileMeanStatistic,
  meanStatistic,
  medianStatistic,
} from "../statistics/aggregates.ts";
import { quantile } from "../statistics/describe.ts";
import { bootstrapInterval } from "../statistics/interval.ts";
import { optimalityGapStatistic } from "../statistics/optimality_gap.ts";
import { comparePairs, tiedRanks } from "../statistics/pairs.ts";
import { profileStatistic } from "../statistics/performance_profile.ts";
import { drawResamples } from "../statistics/resamples.ts";
import { type ScoreMatrix, shapeOf } from "../statistics/scores.ts";
import { given } from "./numbers.ts";
import type { Comparison, LeaderboardRow, Profiles, Standing } from "./shape.ts";
import { verdictOf } from "./verdict.ts";

/** What is compared: the rows of each task. */
export interface Compared {
  /** Registry name of the task. */
  task: string;
  /** The algorithms. */
  rows: readonly LeaderboardRow[];
}

/** Scores at which a profile is drawn. */
const THRESHOLDS = Array.from({ length: 51 }, (_, index) => index / 50);
/** Resamples of a profile's band, which is for the eye. */
const PROFILE_RESAMPLES = 2000;

/** Why a row can't be compared; undefined if it can. */
function unfinished(task: string, row: LeaderboardRow | undefined, seeds: readonly number[]): string | undefined {
  if (!row) return `not run on ${task}`;
  const missing = seeds.find((seed) => row.seeds.find((own) => own.seed === seed)?.hash == null);
  if (missing === undefined) return undefined;
  const { failure } = row.seeds.find((own) => own.seed === missing) ?? {};
  const why = failure ? `was stopped by the gate ${failure.gate} at step ${failure.step}` : "has not finished";
  return `seed ${missing} on ${task} ${why}`;
}

/** Scores of one algorithm, seeds by tasks. */
function scoresOf(label: string, tasks: readonly Compared[], seeds: readonly number[]): ScoreMatrix {
  const rows = tasks.map(({ rows }) => rows.find((row) => row.label === label)!);
  return seeds.map((seed) => rows.map((row) => row.seeds.find((own) => own.seed === seed)!.metrics.accuracy.average!));
}

function profilesOf(scores: ReadonlyMap<string, ScoreMatrix>, labels: readonly string[]): Profiles {
  const curves = labels.map((label) => {
    const matrix = scores.get(label)!;
    const drawn = drawResamples(shapeOf(matrix), { resamples: PROFILE_RESAMPLES, stream: `profile ${label}` });
    const points = THRESHOLDS.map((threshold) => bootstrapInterval(matrix, profileStatistic(threshold), drawn));
    return {
      label,
      share: points.map(({ value }) => value),
      low: points.map(({ low }) => low),
      high: points.map(({ high }) => high),
    };
  });
  return { thresholds: THRESHOLDS, curves };
}

/** Compares the algorithms that finished all of `seeds` on all of `tasks`. */
export function compare(tasks: readonly Compared[], seeds: readonly number[]): Comparison {
  const labels = [...new Set(tasks.flatMap(({ rows }) => rows.map(({ label }) => label)))];
  const rowOf = (label: string, { rows }: Compared) => rows.find((row) => row.label === label);
  const reasons = new Map(labels.map((label) => {
    const found = tasks.map((compared) => unfinished(compared.task, rowOf(label, compared), seeds));
    return [label, found.find((reason) => reason !== undefined)] as const;
  }));
  const scores = new Map(
    labels.filter((label) => reasons.get(label) === undefined)
      .map((label) => [label, scoresOf(label, tasks, seeds)] as const)
      .sort(([, a], [, b]) => interquartileMean(b) - interquartileMean(a)),
  );
  const complete = [...scores.keys()];
  const pairs = comparePairs(Object.fromEntries(scores));
  const ranks = new Map(tiedRanks(complete, pairs).map((rank, index) => [complete[index], rank]));
  const standings = complete.map((label): Standing => {
    const matrix = scores.get(label)!,
      drawn = drawResamples(shapeOf(matrix), { stream: label }),
      rank = ranks.get(label)!;
    return {
      rank,
      tied: complete.some((other) => other !== label && ranks.get(other) === rank),
      label,
      algorithm: rowOf(label, tasks[0])!.algorithm!,
      score: bootstrapInterval(matrix, interquartileMeanStatistic, drawn),
      mean: bootstrapInterval(matrix, meanStatistic, drawn),
      median: bootstrapInterval(matrix, medianStatistic, drawn),
      optimalityGap: bootstrapInterval(matrix, optimalityGapStatistic(), drawn),
    };
  }).sort((a, b) => a.rank - b.rank || b.score.value - a.score.value);
  const order = standings.map(({ label }) => label);
  const comparison: Comparison = {
    tasks: tasks.map(({ task }) => task),
    seeds: [...seeds],
    standings,
    left: labels.filter((label) => reasons.get(label) !== undefined)
      .map((label) => ({ label, reason: reasons.get(label)! })),
    pairs,
    profiles: profilesOf(scores, order),
    detectable: quantile(given(pairs.map(({ detectable }) => detectable)), 0.5),
    verdict: "",
  };
  const below = order.filter((label) =>
    tasks.every((compared) => (rowOf(label, compared)!.metrics.accuracy.gain?.high ?? 0) < 0)
  );
  return { ...comparison, verdict: verdictOf(comparison, below) };
}
