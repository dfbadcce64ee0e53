/**
 * Performance profiles: the share of runs that score above a threshold, for every threshold (score distributions of
 * rliable's `create_performance_profile`; Agarwal et al., arXiv 2108.13264, 2021). An algorithm whose curve lies above
 * another's everywhere is better whatever one's taste for risk.
 *
 * @module
 */
import { type ScoreMatrix, shapeOf } from "./scores.ts";
import { type Statistic, valueOf } from "./statistic.ts";

/** Share of runs above `threshold`, of scores and of their resamples; with its intervals, the band of a profile. */
export function profileStatistic(threshold: number): Statistic {
  return (scores) => {
    shapeOf(scores);
    const above = Uint8Array.from(scores.flat(), (score) => score > threshold ? 1 : 0);
    return (times, from) => {
      let count = 0;
      for (let cell = 0; cell < above.length; cell++) count += times[from + cell] * above[cell];
      return count / above.length;
    };
  };
}

/** For each threshold the share of runs of all tasks that score strictly above it. A score on the threshold is not. */
export function performanceProfile(scores: ScoreMatrix, thresholds: readonly number[]): number[] {
  return thresholds.map((threshold) => valueOf(profileStatistic(threshold), scores));
}

/**
 * For each threshold the share of tasks whose mean over seeds is strictly above it. A mean that equals the threshold
 * but for rounding may fall on either side.
 */
export function taskProfile(scores: ScoreMatrix, thresholds: readonly number[]): number[] {
  const { seeds, tasks } = shapeOf(scores);
  const means = scores[0].map((_, task) => scores.reduce((sum, row) => sum + row[task], 0) / seeds);
  return thresholds.map((threshold) => means.filter((mean) => mean > threshold).length / tasks);
}
