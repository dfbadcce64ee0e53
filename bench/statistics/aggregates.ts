/**
 * One number for all seeds and tasks of an algorithm: mean, median, interquartile mean. Definitions of rliable
 * (`rliable.metrics`; Agarwal et al., Deep Reinforcement Learning at the Edge of the Statistical Precipice,
 * arXiv 2108.13264, 2021).
 *
 * The interquartile mean is the one to rank by: like the median it ignores outliers, and unlike it it uses half of
 * the runs. With fewer than four runs in all nothing is cut and it is the mean.
 *
 * @module
 */
import { type ScoreMatrix, shapeOf } from "./scores.ts";
import { valueOf, type Weighted } from "./statistic.ts";

/** Mean of each task in turn, into `means`. */
function taskMeans(scores: ScoreMatrix): (times: Uint16Array, from: number, means: Float64Array) => void {
  const { seeds, tasks } = shapeOf(scores);
  const flat = Float64Array.from(scores.flat());
  return (times, from, means) => {
    for (let task = 0; task < tasks; task++) {
      let sum = 0, count = 0;
      for (let cell = task; cell < seeds * tasks; cell += tasks) {
        const n = times[from + cell];
        sum += n * flat[cell];
        count += n;
      }
      means[task] = sum / count;
    }
  };
}

/** {@linkcode meanScore} of scores and of their resamples. */
export function meanStatistic(scores: ScoreMatrix): Weighted {
  const { tasks } = shapeOf(scores);
  const fill = taskMeans(scores), means = new Float64Array(tasks);
  return (times, from) => {
    fill(times, from, means);
    let sum = 0;
    for (let task = 0; task < tasks; task++) sum += means[task];
    return sum / tasks;
  };
}

/** {@linkcode medianScore} of scores and of their resamples. */
export function medianStatistic(scores: ScoreMatrix): Weighted {
  const { tasks } = shapeOf(scores);
  const fill = taskMeans(scores), means = new Float64Array(tasks);
  const middle = tasks >> 1;
  return (times, from) => {
    fill(times, from, means);
    means.sort();
    return tasks % 2 === 1 ? means[middle] : (means[middle - 1] + means[middle]) / 2;
  };
}

/** {@linkcode interquartileMean} of scores and of their resamples. */
export function interquartileMeanStatistic(scores: ScoreMatrix): Weighted {
  shapeOf(scores);
  const flat = scores.flat(), cells = flat.length;
  const order = Int32Array.from(flat.keys()).sort((a, b) => flat[a] - flat[b] || a - b);
  const sorted = Float64Array.from(order, (cell) => flat[cell]);
  const cut = Math.floor(0.25 * cells), kept = cells - 2 * cut;
  return (times, from) => {
    let skip = cut, left = kept, sum = 0;
    for (let rank = 0; left > 0; rank++) {
      let n = times[from + order[rank]];
      if (skip > 0) {
        const skipped = n < skip ? n : skip;
        skip -= skipped;
        n -= skipped;
      }
      if (n > left) n = left;
      sum += n * sorted[rank];
      left -= n;
    }
    return sum / kept;
  };
}

/** Mean over tasks of the mean over seeds (`aggregate_mean`). */
export function meanScore(scores: ScoreMatrix): number {
  return valueOf(meanStatistic, scores);
}

/** Median over tasks of the mean over seeds (`aggregate_median`); of two middle tasks, half way between. */
export function medianScore(scores: ScoreMatrix): number {
  return valueOf(medianStatistic, scores);
}

/**
 * Mean of the middle half of all runs of all tasks (`aggregate_iqm`, SciPy's `trim_mean` with 0.25): of N runs the
 * floor(N / 4) lowest and as many highest are left out; the rest counts in full, no run counts in part.
 *
 * @example
 * ```ts
 * import { interquartileMean } from "@podium/rl/bench";
 * interquartileMean([[0.3, 0.9, 0.4, 0.7, 0.1]]); // (0.3 + 0.4 + 0.7) / 3
 * ```
 */
export function interquartileMean(scores: ScoreMatrix): number {
  return valueOf(interquartileMeanStatistic, scores);
}
