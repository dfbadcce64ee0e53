/**
 * Applying a rule to each group's rewards, for rules that only one algorithm has.
 *
 * @module
 */

import { groupIndices } from "./batch.ts";
import type { Reward } from "./rewards.ts";

/**
 * One value per response: `rule` maps the rewards of a group's responses that have one (and their indices in the
 * batch) to as many values. Responses without a reward get 0 and the rule never sees them.
 */
export function perGroup(
  rewards: readonly Reward[],
  groups: readonly number[],
  rule: (rewards: number[], indices: readonly number[]) => readonly number[],
): number[] {
  const values = rewards.map(() => 0);
  for (const members of groupIndices(groups)) {
    const indices = members.filter((i) => rewards[i] !== null);
    rule(indices.map((i) => rewards[i] as number), indices).forEach((value, j) => values[indices[j]] = value);
  }
  return values;
}
