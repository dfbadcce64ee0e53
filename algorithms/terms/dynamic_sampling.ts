/**
 * Dynamic sampling: which prompts there is something to learn from (DAPO, arXiv 2503.14476 eq. 8).
 *
 * @module
 */

import { groupIndices } from "./batch.ts";
import type { Reward } from "./rewards.ts";
import { allEqual } from "./statistics.ts";

/**
 * For each response whether the scores of its group differ. `null` scores are not looked at; a group with fewer than
 * two scores has nothing that differs (verl keeps a group of one).
 *
 * Scores are compared up to rounding: numpy's standard deviation of three times 0.1 is greater than 0, so that an
 * exact test keeps constant groups.
 *
 * @param scores what is compared, per response: the accuracy, not a reward that length has already shaped, which
 * differs within a group of wrong answers too
 */
export function hasVariedGroup(groups: readonly number[], scores: readonly Reward[]): boolean[] {
  const varied = scores.map(() => false);
  for (const members of groupIndices(groups)) {
    const differs = !allEqual(members.map((i) => scores[i]).filter((score) => score !== null));
    for (const i of members) varied[i] = differs;
  }
  return varied;
}
