/**
 * SR-GRPO's soft reward: one number for a whole group, between its mean and its largest reward.
 *
 * @module
 */

import { groupIndices } from "./batch.ts";
import { groupAdvantage } from "./credit.ts";
import type { Reward } from "./rewards.ts";
import type { Divisor } from "./statistics.ts";

/** Result of {@linkcode softReward}, one entry per response. */
export interface SoftReward {
  /** The group's soft reward; 0 where the response has no reward. */
  readonly advantages: number[];
  /** Weight of the response in it, 0 where it has no reward; the weights of a group sum to 1. */
  readonly weights: number[];
}

/**
 * `Σ_j w_j r_j` over the group, with `w = softmax(z / τ)` and `z = (r − mean) / (std + stdEpsilon)`: the weights come
 * from normalised rewards, what they weigh are the raw ones. The mean reward as τ grows, the largest as τ goes to 0.
 */
export function softReward(
  rewards: readonly Reward[],
  groups: readonly number[],
  { tau, ...divisor }: Divisor & { tau: number },
): SoftReward {
  const scores = groupAdvantage(rewards, groups, { ...divisor, scale: "group" });
  const advantages = rewards.map(() => 0), weights = rewards.map(() => 0);
  for (const members of groupIndices(groups)) {
    const present = members.filter((i) => rewards[i] !== null);
    const largest = Math.max(...present.map((i) => scores[i]));
    for (const i of present) weights[i] = Math.exp((scores[i] - largest) / tau);
    const total = present.reduce((sum, i) => sum + weights[i], 0);
    for (const i of present) weights[i] /= total;
    const soft = present.reduce((sum, i) => sum + weights[i] * rewards[i]!, 0);
    for (const i of present) advantages[i] = soft;
  }
  return { advantages, weights };
}
