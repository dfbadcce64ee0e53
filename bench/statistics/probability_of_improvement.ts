/**
 * Probability of improvement: how often a run of one algorithm beats a run of another (rliable's
 * `probability_of_improvement`; Agarwal et al., arXiv 2108.13264, 2021). Per task it is the Mann-Whitney statistic
 * over the number of pairs, also called the common-language effect size.
 *
 * @module
 */
import type { Resamples } from "./resamples.ts";
import { type ScoreMatrix, shapeOf } from "./scores.ts";

/** Value where the cells of `x` and of `y` count so many times each, as in a statistic of one matrix. */
export type WeightedPair = (timesX: Uint16Array, fromX: number, timesY: Uint16Array, fromY: number) => number;

/** {@linkcode probabilityOfImprovement} of scores and of their resamples. The two may have different numbers of seeds. */
export function improvementStatistic(x: ScoreMatrix, y: ScoreMatrix): WeightedPair {
  const { seeds: seedsX, tasks } = shapeOf(x), { seeds: seedsY, tasks: tasksY } = shapeOf(y);
  if (tasks !== tasksY) throw new RangeError(`One algorithm has scores of ${tasks} tasks, the other of ${tasksY}.`);
  /** Cells of the runs of both in rising order, task after task; of `y` as -1 - cell. `yFirst` sorts it before its ties. */
  const order = (yFirst: boolean) =>
    Int32Array.from(x[0].flatMap((_, task) =>
      [
        ...x.map((row, seed) => ({ score: row[task], late: yFirst, cell: seed * tasks + task })),
        ...y.map((row, seed) => ({ score: row[task], late: !yFirst, cell: -1 - (seed * tasks + task) })),
      ].sort((a, b) => a.score - b.score || Number(a.late) - Number(b.late)).map(({ cell }) => cell)
    ));
  // Pairs in which x is greater, and pairs in which it is at least as great; the mean of the two counts ties half.
  const strict = order(false), weak = order(true);
  const ties = weak.some((cell, i) => cell !== strict[i]);
  const each = seedsX + seedsY, pairs = seedsX * seedsY * tasks;
  return (timesX, fromX, timesY, fromY) => {
    const won = (order: Int32Array) => {
      let count = 0;
      for (let i = 0; i < order.length;) {
        let below = 0;
        for (const end = i + each; i < end; i++) {
          const cell = order[i];
          if (cell >= 0) count += timesX[fromX + cell] * below;
          else below += timesY[fromY - 1 - cell];
        }
      }
      return count;
    };
    const count = won(strict);
    return (count + (ties ? won(weak) : count)) / (2 * pairs);
  };
}

/**
 * Mean over tasks of the share of pairs of runs in which `x` scores more than `y`, ties counting half. 1/2 says that
 * neither is better; `x` against itself gives exactly 1/2. The seeds are not paired here: see `paired_difference.ts`.
 */
export function probabilityOfImprovement(x: ScoreMatrix, y: ScoreMatrix): number {
  const { seeds: seedsX, tasks } = shapeOf(x), { seeds: seedsY } = shapeOf(y);
  const once = (seeds: number) => new Uint16Array(seeds * tasks).fill(1);
  return improvementStatistic(x, y)(once(seedsX), 0, once(seedsY), 0);
}

/**
 * The statistic of every pair of resamples, both drawn anew each time (as rliable does).
 *
 * @throws {RangeError} if the two were not drawn equally often.
 */
export function improvementDistribution(
  x: ScoreMatrix,
  y: ScoreMatrix,
  drawnX: Resamples,
  drawnY: Resamples,
): Float64Array {
  if (drawnX.count !== drawnY.count) throw new RangeError("Both algorithms need the same number of resamples.");
  const weighted = improvementStatistic(x, y), values = new Float64Array(drawnX.count);
  for (let i = 0; i < values.length; i++) {
    values[i] = weighted(drawnX.times, i * drawnX.cells, drawnY.times, i * drawnY.cells);
  }
  return values;
}
