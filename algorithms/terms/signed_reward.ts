/**
 * Rewards of ±1 for right and wrong, as DAPO has them (arXiv 2503.14476 eq. 7).
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import { oneOf, type Resolved, type Specs } from "./options.ts";
import { type Reward, totalReward } from "./rewards.ts";
import type { BatchOptions } from "./shared_options.ts";

/** Option of {@linkcode signedTotalReward}. */
export interface SignedRewardOptions {
  /** Map the accuracy from 0 … 1 to −1 … 1. */
  signedReward?: boolean;
}

/** Documentation and check of {@linkcode SignedRewardOptions}. */
export const signedRewardOptions: Specs<SignedRewardOptions> = {
  signedReward: {
    default: true,
    description: "map the accuracy channel from 0 … 1 to −1 … 1, where it is part of the reward",
    source: "arXiv 2503.14476 eq. 7",
    check: oneOf([true, false]),
  },
};

/**
 * {@linkcode totalReward} with the channel `accuracyChannel` mapped from 0 … 1 to −1 … 1. Relative to its group a lone
 * accuracy is worth the same either way; it matters beside other rewards, such as a punishment of −1.
 */
export function signedTotalReward(
  { rewards }: Response,
  options: Resolved<SignedRewardOptions & Pick<BatchOptions, "rewardWeights"> & { accuracyChannel?: string }>,
): Reward {
  const { signedReward, accuracyChannel, rewardWeights } = options;
  const accuracy = rewards[accuracyChannel] ?? null;
  const signed = accuracy === null || !signedReward ? {} : { [accuracyChannel]: 2 * accuracy - 1 };
  return totalReward({ rewards: { ...rewards, ...signed } }, rewardWeights);
}
