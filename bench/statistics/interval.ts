/**
 * Percentile intervals of the stratified bootstrap (rliable's `get_interval_estimates`).
 *
 * @module
 */
import type { Resamples } from "./resamples.ts";
import { type ScoreMatrix, shapeOf } from "./scores.ts";
import { type Statistic, valueOf } from "./statistic.ts";
import { improvementDistribution, probabilityOfImprovement } from "./probability_of_improvement.ts";

/** A number with its interval. */
export interface Interval {
  /** The statistic of the scores themselves. */
  readonly value: number;
  /** Lower end; null where there is one seed, whose resamples say nothing. */
  readonly low: number | null;
  /** Upper end. */
  readonly high: number | null;
}

/**
 * The middle `confidence` of values: the quantiles at both ends with linear interpolation, as NumPy's `percentile`.
 * Sorts `values` in place.
 */
export function percentileInterval(values: Float64Array, confidence = 0.95): { low: number; high: number } {
  if (values.length === 0) throw new RangeError("An interval needs at least one value.");
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`Confidence lies between 0 and 1, not ${confidence}.`);
  values.sort();
  const at = (probability: number) => {
    const position = probability * (values.length - 1), below = Math.floor(position);
    const above = Math.min(below + 1, values.length - 1);
    return values[below] + (values[above] - values[below]) * (position - below);
  };
  return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

/** A statistic of every resample. */
export function bootstrapDistribution(scores: ScoreMatrix, statistic: Statistic, drawn: Resamples): Float64Array {
  const { seeds, tasks } = shapeOf(scores);
  if (seeds * tasks !== drawn.cells) {
    throw new RangeError(`The resamples are of ${drawn.cells} runs, the scores of ${seeds * tasks}.`);
  }
  const weighted = statistic(scores), values = new Float64Array(drawn.count);
  for (let i = 0; i < values.length; i++) values[i] = weighted(drawn.times, i * drawn.cells);
  return values;
}

/**
 * A statistic of one algorithm with its percentile interval. Scores without spread give an interval of no width: that
 * says that the seeds agree, not that the number is certain.
 *
 * @example
 * ```ts
 * import { bootstrapInterval, drawResamples, interquartileMeanStatistic, shapeOf } from "@podium/rl/bench";
 *
 * const scores = [[0.52, 0.61], [0.48, 0.66], [0.55, 0.63]]; // three seeds, two tasks
 * const drawn = drawResamples(shapeOf(scores), { stream: "grpo" });
 * bootstrapInterval(scores, interquartileMeanStatistic, drawn);
 * ```
 */
export function bootstrapInterval(
  scores: ScoreMatrix,
  statistic: Statistic,
  drawn: Resamples,
  confidence = 0.95,
): Interval {
  const value = valueOf(statistic, scores);
  if (scores.length === 1) return { value, low: null, high: null };
  return { value, ...percentileInterval(bootstrapDistribution(scores, statistic, drawn), confidence) };
}

/** The probability of improvement of `x` over `y` with its percentile interval. The draws must be of two streams. */
export function improvementInterval(
  x: ScoreMatrix,
  y: ScoreMatrix,
  drawnX: Resamples,
  drawnY: Resamples,
  confidence = 0.95,
): Interval {
  const value = probabilityOfImprovement(x, y);
  if (x.length === 1 && y.length === 1) return { value, low: null, high: null };
  return { value, ...percentileInterval(improvementDistribution(x, y, drawnX, drawnY), confidence) };
}
