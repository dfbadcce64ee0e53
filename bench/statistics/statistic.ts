/**
 * A statistic of scores, written once for the scores themselves and for their bootstrap resamples.
 *
 * A resample of a matrix is the same matrix with every cell counted some number of times (0, 1, 2, ...), and the
 * matrix itself counts every cell once. So a statistic first prepares what does not depend on the counts (sorting,
 * mostly) and then maps counts to a number; that is what makes 50,000 resamples cheap.
 *
 * @module
 */
import { type ScoreMatrix, shapeOf } from "./scores.ts";

/** Value where cell `seed * tasks + task` counts `times[from + seed * tasks + task]` times. */
export type Weighted = (times: Uint16Array, from: number) => number;

/** Prepares a statistic for one matrix. */
export type Statistic = (scores: ScoreMatrix) => Weighted;

/** The statistic of the scores as they are. */
export function valueOf(statistic: Statistic, scores: ScoreMatrix): number {
  const { seeds, tasks } = shapeOf(scores);
  return statistic(scores)(new Uint16Array(seeds * tasks).fill(1), 0);
}
