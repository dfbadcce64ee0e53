/**
 * Whom GEPA (arXiv 2507.19457) mutates next: candidates that are best on some validation instance, so that a prompt
 * which solves what no other does survives a better average.
 *
 * Scores are a table, one row per candidate and one column per instance. For every instance the candidates that reach
 * its best score are its front. Redundant candidates are removed, then a survivor is drawn with a probability
 * proportional to the number of fronts it is in. Two rules of removal:
 *
 * - {@linkcode coverFronts}, as GEPA's code does it: a candidate goes if every front that holds it also holds another
 *   one that is still there. This is a greedy cover, much stronger than domination.
 * - {@linkcode undominated}, the textbook's: a candidate goes if another one is at least as good on every instance and
 *   better on one.
 *
 * Nothing here draws: the caller has the random numbers.
 *
 * ```ts
 * import { coverFronts, instanceFronts, samplingProbabilities } from "@podium/rl/algorithms";
 *
 * const scores = [[1, 0, 1], [0, 1, 1], [0, 0, 1]];
 * const { fronts, removed } = coverFronts(instanceFronts(scores), scores);
 * if (removed.join() !== "2") throw new Error("the third is never alone at the top");
 * const probability = samplingProbabilities(fronts, [0, 1]);
 * if (probability[0] !== 0.5 || probability[1] !== 0.5) throw new Error("unexpected probabilities");
 * ```
 *
 * @module
 */

import { mean } from "../terms/statistics.ts";

/** Score of each candidate (row) on each validation instance (column). */
export type ScoreTable = readonly (readonly number[])[];

/**
 * For each instance the candidates that reach its best score, ascending.
 *
 * @throws {RangeError} if rows differ in length or a score is not finite.
 */
export function instanceFronts(scores: ScoreTable): number[][] {
  const instances = scores[0]?.length ?? 0;
  scores.forEach((row, candidate) => {
    if (row.length !== instances || !row.every(Number.isFinite)) {
      throw new RangeError(
        `Candidate ${candidate} has scores [${row}]; give ${instances} finite numbers, as the first`,
      );
    }
  });
  return Array.from({ length: instances }, (_, instance) => {
    const best = Math.max(...scores.map((row) => row[instance]));
    return scores.flatMap((row, candidate) => row[instance] === best ? [candidate] : []);
  });
}

/** What is left of the fronts after {@linkcode coverFronts}. */
export interface Cover {
  /** Candidates that were removed, in that order. */
  removed: number[];
  /** Candidates of the fronts that were not, ascending. */
  survivors: number[];
  /** The fronts without the removed candidates; none is empty. */
  fronts: number[][];
}

/**
 * Removes redundant candidates as GEPA's code does (`remove_dominated_programs`): it goes through the candidates by
 * ascending mean score, removes the first one all of whose fronts also hold another that is still there, and starts
 * again. Ties in the mean keep the order of first appearance in the fronts.
 */
export function coverFronts(fronts: readonly (readonly number[])[], scores: ScoreTable): Cover {
  const average = scores.map((row) => mean(row));
  const order = [...new Set(fronts.flat())].sort((a, b) => average[a] - average[b]);
  const alive = new Set(order), removed: number[] = [];
  const redundant = (candidate: number) =>
    fronts.every((front) =>
      !front.includes(candidate) || front.some((other) => other !== candidate && alive.has(other))
    );
  for (let found = order.find(redundant); found !== undefined;) {
    alive.delete(found);
    removed.push(found);
    found = order.find((candidate) => alive.has(candidate) && redundant(candidate));
  }
  return {
    removed,
    survivors: [...alive].sort((a, b) => a - b),
    fronts: fronts.map((front) => front.filter((candidate) => alive.has(candidate))),
  };
}

/** Candidates that no other one dominates: at least as good on every instance and better on one. Ascending. */
export function undominated(scores: ScoreTable): number[] {
  const dominates = (a: readonly number[], b: readonly number[]) =>
    a.every((score, instance) => score >= b[instance]) && a.some((score, instance) => score > b[instance]);
  return scores.flatMap((row, candidate) => scores.some((other) => dominates(other, row)) ? [] : [candidate]);
}

/**
 * Probability of each survivor: the number of fronts it is in over the sum of these numbers. A survivor that is on no
 * front has probability 0.
 */
export function samplingProbabilities(
  fronts: readonly (readonly number[])[],
  survivors: readonly number[],
): Record<number, number> {
  const counts = survivors.map((survivor) => fronts.filter((front) => front.includes(survivor)).length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Object.fromEntries(survivors.map((survivor, i) => [survivor, total === 0 ? 0 : counts[i] / total]));
}
