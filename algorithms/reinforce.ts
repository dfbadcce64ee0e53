/**
 * REINFORCE with a batch baseline (Williams 1992; as a baseline for LMs in arXiv 2402.14740).
 *
 * Against GRPO: the baseline is the mean reward of the whole batch, not of the prompt's group, so one response per
 * prompt is enough and easy prompts are pushed up against hard ones; no ratio, no clip, no KL. A response is one
 * action: its log-prob is the sum over tokens, averaged over responses. The sample is part of its own baseline, which
 * scales the gradient by 1 − 1/B. `whiten` also divides by the standard deviation of the batch.
 *
 * Without a ratio, only the first update of a rollout batch follows the policy gradient.
 *
 * ```ts
 * import { reinforce } from "@podium/rl/algorithms";
 *
 * const algorithm = reinforce.create({ whiten: true });
 * const logProbs = Float64Array.of(-1);
 * const response = { tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const { metrics } = algorithm.credit([
 *   { ...response, group: 0, rewards: { accuracy: 1 } },
 *   { ...response, group: 1, rewards: { accuracy: 0 } },
 * ]);
 * if (metrics.groupsWithoutSignal !== 0) throw new Error("unexpected");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { batchBaseline, outcomeCredit, whitenAdvantages } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { totalReward } from "./terms/rewards.ts";
import {
  type BatchOptions,
  batchOptions,
  refuseBatch,
  refuseStd,
  type WhitenOptions,
  whitenOptions,
} from "./terms/shared_options.ts";
import { reinforceSurrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode reinforce}. Presets: `paper` (default), `whitened` (token mean of whitened advantages). */
export interface ReinforceOptions extends WhitenOptions, BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

/** REINFORCE with the mean reward of the batch as baseline. Needs nothing but rewards. */
export const reinforce: AlgorithmModule<ReinforceOptions> = define<ReinforceOptions>({
  name: "reinforce",
  title: "REINFORCE with a batch baseline",
  paper: { source: "Williams, Machine Learning 8, 229-256", year: 1992 },
  family: "policy gradient",
  summary: "Against GRPO: the baseline is the mean of the whole batch, so one response per prompt is enough; no " +
    "ratio, no clip, no KL.",
  options: {
    ...whitenOptions(1e-8, "textbook variant; golden reinforce_batch_whitened_tokenmean"),
    ...batchOptions("seq_mean_token_sum", "Williams 1992; arXiv 2402.14740 (a response is one action)"),
  },
  presets: { whitened: { whiten: true, aggregation: "token_mean" } },
  refuse: (options, explicit) => refuseStd(options.whiten, "whiten true", explicit) ?? refuseBatch(options),
  build: (options) => ({
    needs: { groupSize: 1 },
    credit: (batch) => {
      const rewards = batch.map((response) => totalReward(response, options.rewardWeights));
      const advantages = batchBaseline(rewards);
      return outcomeCredit(
        batch,
        options.whiten ? whitenAdvantages(advantages, rewards, options) : advantages,
        rewards,
      );
    },
    loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate: reinforceSurrogate }),
  }),
});
