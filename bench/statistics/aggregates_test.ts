import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  interquartileMean,
  interquartileMeanStatistic,
  meanScore,
  meanStatistic,
  medianScore,
  medianStatistic,
} from "./aggregates.ts";
import { optimalityGap, optimalityGapStatistic } from "./optimality_gap.ts";
import { performanceProfile, profileStatistic, taskProfile } from "./performance_profile.ts";
import { improvementStatistic, probabilityOfImprovement } from "./probability_of_improvement.ts";
import { drawResamples } from "./resamples.ts";
import type { ScoreMatrix } from "./scores.ts";

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

/** Matrices with ties. */
const matrices = (tasks: number) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 12 }).map((n) => n / 10), { minLength: tasks, maxLength: tasks }), {
    minLength: 1,
    maxLength: 7,
  });

/** The scores of one resample, task by task, as a matrix. */
function resampled(scores: ScoreMatrix, times: Uint16Array): number[][] {
  const tasks = scores[0].length;
  const columns = scores[0].map((_, task) =>
    scores.flatMap((row, seed) => new Array<number>(times[seed * tasks + task]).fill(row[task]))
  );
  return scores.map((_, row) => columns.map((column) => column[row]));
}

Deno.test("the interquartile mean leaves out floor(N / 4) runs at either end and weighs the rest alike", () => {
  close(interquartileMean([[0.3, 0.9, 0.4, 0.7, 0.1]]), (0.3 + 0.4 + 0.7) / 3);
  close(interquartileMean([[0.2], [0.5], [1.1]]), 0.6);
  close(interquartileMean([[0.2]]), 0.2);
  close(interquartileMean([[5], [0], [1], [2], [2], [3], [9], [-7]]), 2);
});

Deno.test("mean and median are over tasks of the means over seeds", () => {
  const scores = [[0, 1, 5], [2, 2, 5]];
  close(meanScore(scores), (1 + 1.5 + 5) / 3);
  close(medianScore(scores), 1.5);
  close(medianScore([[0, 1], [2, 2]]), 1.25);
});

Deno.test("the optimality gap gives no credit beyond the target", () => {
  close(optimalityGap([[0.5, 1.5]]), 0.25);
  close(optimalityGap([[0.5, 1.5]], 2), 1);
  close(optimalityGap([[1, 1.2]]), 0);
});

Deno.test("a profile counts scores strictly above the threshold", () => {
  assert.deepEqual(performanceProfile([[0.1, 0.5], [0.5, 0.9]], [0, 0.5, 0.9]), [1, 0.25, 0]);
  assert.deepEqual(taskProfile([[0.1, 0.5], [0.5, 0.9]], [0, 0.5, 0.9]), [1, 0.5, 0]);
});

Deno.test("every statistic of a resample is the statistic of the matrix that was drawn", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }).chain(matrices), fc.nat(1000), (scores, seed) => {
      const { times, cells } = drawResamples({ seeds: scores.length, tasks: scores[0].length }, { resamples: 3, seed });
      for (
        const [statistic, plain] of [
          [meanStatistic, meanScore],
          [medianStatistic, medianScore],
          [interquartileMeanStatistic, interquartileMean],
          [optimalityGapStatistic(0.7), (s: ScoreMatrix) => optimalityGap(s, 0.7)],
          [profileStatistic(0.5), (s: ScoreMatrix) => performanceProfile(s, [0.5])[0]],
        ] as const
      ) {
        const weighted = statistic(scores);
        for (let i = 0; i < 3; i++) {
          close(weighted(times, i * cells), plain(resampled(scores, times.slice(i * cells, (i + 1) * cells))));
        }
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("the probability of improvement counts pairs, ties half, of scores and of resamples", () => {
  fc.assert(
    fc.property(matrices(2), matrices(2), fc.nat(1000), (x, y, seed) => {
      const pairs = (x: ScoreMatrix, y: ScoreMatrix) => {
        let won = 0;
        for (const a of x) {
          for (const b of y) {
            for (let task = 0; task < 2; task++) won += a[task] > b[task] ? 1 : a[task] === b[task] ? 0.5 : 0;
          }
        }
        return won / (2 * x.length * y.length);
      };
      close(probabilityOfImprovement(x, y), pairs(x, y));
      close(probabilityOfImprovement(x, y) + probabilityOfImprovement(y, x), 1);
      assert.equal(probabilityOfImprovement(x, x), 0.5);
      const drawn = (scores: ScoreMatrix, stream: string) =>
        drawResamples({ seeds: scores.length, tasks: 2 }, { resamples: 1, seed, stream }).times;
      const ofX = drawn(x, "x"), ofY = drawn(y, "y");
      close(improvementStatistic(x, y)(ofX, 0, ofY, 0), pairs(resampled(x, ofX), resampled(y, ofY)));
    }),
    { seed: 2, numRuns: 200 },
  );
});

Deno.test("scores that are empty, ragged or not finite are refused", () => {
  assert.throws(() => meanScore([]), /There are no scores/);
  assert.throws(() => interquartileMean([[1, 2], [3]]), /Seed number 1 has scores of 1 tasks, the first has 2/);
  assert.throws(() => medianScore([[1, NaN]]), /seed number 0 on task number 1 is NaN/);
  assert.throws(() => probabilityOfImprovement([[1]], [[1, 2]]), /scores of 1 tasks, the other of 2/);
});
