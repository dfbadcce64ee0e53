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
  // Runs of both in rising order, task after task, so that one pass over the counts sees every pair.
  const runs = x[0].flatMap((_, task) =>
    [
      ...x.map((row, seed) => ({ score: row[task], cell: seed * tasks + task, ofX: true })),
      ...y.map((row, seed) => ({ score: row[task], cell: seed * tasks + task, ofX: false })),
    ].sort((a, b) => a.score - b.score)
  );
  const each = seedsX + seedsY;
  const cells = Int32Array.from(runs, ({ cell }) => cell);
  const ofX = Uint8Array.from(runs, (run) => run.ofX ? 1 : 0);
  const endsTie = Uint8Array.from(runs, ({ score }, i) => (i + 1) % each === 0 || runs[i + 1].score !== score ? 1 : 0);
  return (timesX, fromX, timesY, fromY) => {
    // Twice the number of pairs won, a tie counting half: an integer, so no order of addition matters.
    let won = 0;
    for (let i = 0, task = 0; task < tasks; task++) {
      let below = 0, tiedX = 0, tiedY = 0;
      for (const end = i + each; i < end; i++) {
        if (ofX[i] === 1) tiedX += timesX[fromX + cells[i]];
        else tiedY += timesY[fromY + cells[i]];
        if (endsTie[i] === 1) {
          won += tiedX * (2 * below + tiedY);
          below += tiedY;
          tiedX = tiedY = 0;
        }
      }
    }
    return won / (2 * seedsX * seedsY * tasks);
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
