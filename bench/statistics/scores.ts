/**
 * The matrix that comparisons start from: one row per seed, one column per task, one number per run.
 *
 * @module
 */

/** Scores of one algorithm, `scores[seed][task]`. Every seed has run every task. */
export type ScoreMatrix = readonly (readonly number[])[];

/** Number of seeds (rows) and tasks (columns). */
export interface ScoreShape {
  /** Rows. */
  readonly seeds: number;
  /** Columns. */
  readonly tasks: number;
}

/**
 * Shape of a matrix of scores.
 *
 * @throws {RangeError} if it is empty, ragged or has a number that is not finite: a run that is missing cannot be
 * averaged away in silence.
 */
export function shapeOf(scores: ScoreMatrix): ScoreShape {
  const seeds = scores.length, tasks = scores[0]?.length ?? 0;
  if (seeds === 0 || tasks === 0) throw new RangeError("There are no scores: give at least one seed and one task.");
  scores.forEach((row, seed) => {
    if (row.length !== tasks) {
      throw new RangeError(`Seed number ${seed} has scores of ${row.length} tasks, the first has ${tasks}.`);
    }
    const bad = row.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) throw new RangeError(`The score of seed number ${seed} on task number ${bad} is ${row[bad]}.`);
  });
  return { seeds, tasks };
}

/** Mean over tasks of each seed's scores. */
export function seedMeans(scores: ScoreMatrix): number[] {
  const { tasks } = shapeOf(scores);
  return scores.map((row) => row.reduce((sum, score) => sum + score, 0) / tasks);
}
