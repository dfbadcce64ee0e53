/**
 * How far an algorithm is from a target on average: `optimality_gap` of rliable (Agarwal et al., arXiv 2108.13264,
 * 2021).
 *
 * @module
 */
import { type ScoreMatrix, shapeOf } from "./scores.ts";
import { type Statistic, valueOf } from "./statistic.ts";

/** {@linkcode optimalityGap} of scores and of their resamples. */
export function optimalityGapStatistic(gamma = 1): Statistic {
  return (scores) => {
    shapeOf(scores);
    const reached = Float64Array.from(scores.flat(), (score) => Math.min(score, gamma));
    return (times, from) => {
      let sum = 0;
      for (let cell = 0; cell < reached.length; cell++) sum += times[from + cell] * reached[cell];
      return gamma - sum / reached.length;
    };
  };
}

/**
 * `gamma` minus the mean of `min(score, gamma)` over all runs: what is missing to the target where it is missed. Runs
 * beyond the target do not make up for others. 0 if every run reaches it.
 */
export function optimalityGap(scores: ScoreMatrix, gamma = 1): number {
  return valueOf(optimalityGapStatistic(gamma), scores);
}
