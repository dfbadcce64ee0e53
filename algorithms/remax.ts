/**
 * ReMax (arXiv 2310.10505).
 *
 * Against GRPO: the baseline of a response is the reward of the *greedy* response to the same prompt, not the mean of
 * a group, so one sampled response per prompt is enough; the greedy one costs a rollout and is never trained on. Plain
 * policy gradient, one update per rollout batch; no standard deviation and no clip (preset `verl` has PPO's).
 *
 * The advantage of a token is the reward from it on, minus the baseline: the same for all tokens unless the KL is part
 * of the reward (`rewardBeta`). Prompts whose greedy response has no reward (`null`) are not learned from.
 *
 * ```ts
 * import { remax } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const batch = [{ ...response, rewards: { accuracy: 1 }, greedyRewards: { accuracy: 0.25 } }];
 * if (remax.create().credit(batch).advantages[0][0] !== 0.75) throw new Error("unexpected advantage");
 * ```
 *
 * @module
 */

import type { AlgorithmModule, Response } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { define } from "./terms/define.ts";
import { atLeast } from "./terms/options.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { outcomeTokenRewards, returnCredit, returnToGo } from "./terms/returns.ts";
import { type Reward, totalReward } from "./terms/rewards.ts";
import { batchOptions } from "./terms/shared_options.ts";
import { chosenSurrogate, refuseSurrogate, type SurrogateOptions, surrogateOptions } from "./terms/surrogate_choice.ts";

/** Options of {@linkcode remax}. Presets: `paper` (default), `verl`. */
export interface RemaxOptions extends SurrogateOptions {
  /** Coefficient of the k1 KL to the reference that is subtracted from each token's reward; 0 needs no reference. */
  rewardBeta?: number;
}

function greedyReward({ greedyRewards }: Response, weights: RemaxOptions["rewardWeights"]): Reward {
  if (!greedyRewards) throw new TypeError("ReMax needs greedyRewards on every response");
  return totalReward({ rewards: greedyRewards }, weights);
}

/** ReMax. Needs one greedy rollout per prompt and, if `rewardBeta` is positive, reference log-probs. */
export const remax: AlgorithmModule<RemaxOptions> = define<RemaxOptions>({
  name: "remax",
  title: "ReMax",
  paper: { source: "arXiv 2310.10505", year: 2023 },
  family: "policy gradient",
  summary: "Against GRPO: the baseline is the greedy response's reward, so one sample per prompt is enough; no clip.",
  options: {
    rewardBeta: {
      default: 0,
      description: "coefficient of the k1 KL to the reference in the reward of each token; 0: no reference needed",
      source: "off, for rewards that are checked; verl use_kl_in_reward",
      check: atLeast(0),
    },
    ...surrogateOptions("arXiv 2310.10505"),
    ...batchOptions("seq_mean_token_sum", "arXiv 2310.10505 (a response is one action)"),
  },
  // verl 0.10: adv_estimator remax with the default policy loss.
  presets: { verl: { surrogate: "token_clip", aggregation: "token_mean", dualClip: 3 } },
  refuse: refuseSurrogate,
  build: (options) => ({
    needs: { groupSize: 1, greedy: true, reference: options.rewardBeta > 0 },
    credit: (batch) => {
      const baselines = batch.map((response) => greedyReward(response, options.rewardWeights));
      const rewards = batch.map((response, i) =>
        baselines[i] === null ? null : totalReward(response, options.rewardWeights)
      );
      const returns = (outcomes: Reward[]) =>
        batch.map((response, i) =>
          returnToGo(response, outcomeTokenRewards(response, outcomes[i], options.rewardBeta), 1)
        );
      const leads = rewards.map((reward, i) => reward === null ? null : reward - baselines[i]!);
      return returnCredit(batch, returns(leads), rewards, returns(rewards));
    },
    loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate: chosenSurrogate(options) }),
  }),
});
