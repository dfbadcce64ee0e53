/**
 * Algorithms that differ from each other in one rule: from the rewards of a batch to one advantage per response. The
 * rest is a token loss with PPO's clipped ratio or another surrogate, and an aggregation.
 *
 * @module
 */

import type { Algorithm, Response } from "../algorithm.ts";
import { tokenWeights } from "./aggregation.ts";
import { outcomeCredit } from "./credit.ts";
import type { Resolved } from "./options.ts";
import { policyLoss } from "./policy_loss.ts";
import { type Reward, totalReward } from "./rewards.ts";
import { type BatchOptions, type ClipOptions, refuseBatch, refuseClip } from "./shared_options.ts";
import { clippedSurrogate, type Surrogate } from "./surrogates.ts";

/** Options of every such algorithm with a clipped ratio. */
export interface OutcomeOptions extends ClipOptions, BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

/** One advantage per response; `groups` is the prompt of each. */
export type OutcomeAdvantage = (
  rewards: readonly Reward[],
  groups: readonly number[],
  batch: readonly Response[],
) => readonly number[];

/** Contradictions between these options. */
export function refuseOutcome(options: Resolved<OutcomeOptions>): string | undefined {
  return refuseClip(options) ?? refuseBatch(options);
}

/** The algorithm with these options; `surrogate` is PPO's clipped token ratio unless another is given. */
export function outcomeAlgorithm(
  options: Resolved<OutcomeOptions>,
  advantage: OutcomeAdvantage,
  surrogate: Surrogate = clippedSurrogate(options),
): Omit<Algorithm, "name" | "options"> {
  return {
    needs: { groupSize: 2 },
    credit: (batch) => {
      const rewards = batch.map((response) => totalReward(response, options.rewardWeights));
      return outcomeCredit(batch, advantage(rewards, batch.map((response) => response.group), batch), rewards);
    },
    loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate }),
  };
}
