/**
 * PPO, Proximal Policy Optimization (arXiv 1707.06347), as InstructGPT trains language models (arXiv 2203.02155).
 *
 * Against GRPO, which came from it by dropping the critic: a learned value before each token is the baseline, so one
 * response per prompt is enough and tokens of a response get different advantages (generalised advantage estimation).
 * The KL to the reference is part of each token's reward and never differentiated; `beta` puts it into the loss
 * instead. The loss is the mean over all tokens of PPO's clipped ratio plus half the squared error of the critic.
 *
 * Traps: the critic's targets are taken *before* advantages are whitened. A short λ forgets: 0.95 keeps 1 % of a reward
 * that is 90 tokens away, and long chains of thought want 1. γ, λ, value clip and vfCoef differ between programs, so
 * never compare runs on "the defaults". Not reproduced: TRL's value mask, one token longer than its policy mask.
 *
 * ```ts
 * import { ppo } from "@podium/rl/algorithms";
 *
 * const algorithm = ppo.create({ lambda: 1, rewardBeta: 0, whiten: false });
 * const logProbs = Float64Array.of(-1, -2), values = Float64Array.of(0.25, 0.5);
 * const scores = { logProbs, oldLogProbs: logProbs, values, oldValues: values };
 * const response = { group: 0, tokens: [5, 6], rewards: { total: 1 }, truncated: false, ...scores };
 * const { advantages: [advantages], returns } = algorithm.credit([response]); // 0.75 and 0.5: reward minus value
 * const { valueGradient } = algorithm.loss([{ ...response, advantages, returns: returns?.[0] }]);
 * if (advantages[1] !== 0.5 || valueGradient?.[0][0] !== -0.375) throw new Error("unexpected credit");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { adaptKlCoefficient, refuseRewardKl, type RewardKlOptions, rewardKlOptions } from "./terms/adaptive_kl.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { type CriticOptions, criticOptions, refuseCritic } from "./terms/critic_options.ts";
import { define } from "./terms/define.ts";
import { criticCredit } from "./terms/critic_credit.ts";
import type { Resolved } from "./terms/options.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { outcomeTokenRewards } from "./terms/returns.ts";
import { sequenceKl, totalReward } from "./terms/rewards.ts";
import {
  type BatchOptions,
  batchOptions,
  type ClipOptions,
  clipOptions,
  type LossKlOptions,
  lossKlOptions,
  refuseBatch,
  refuseClip,
  refuseLossKl,
} from "./terms/shared_options.ts";
import { mean } from "./terms/statistics.ts";
import { clippedSurrogate } from "./terms/surrogates.ts";
import { valueLoss, withValueLoss } from "./terms/value_loss.ts";

/** Options of {@linkcode ppo}. Presets: `paper` (default), `ziegler`, `trl`, `verl`. */
export interface PpoOptions extends CriticOptions, RewardKlOptions, ClipOptions, LossKlOptions, BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

function refuse(options: Resolved<PpoOptions>, explicit: ReadonlySet<string>): string | undefined {
  return refuseCritic(options, explicit) ?? refuseRewardKl(options, explicit) ?? refuseClip(options) ??
    refuseLossKl(options, explicit) ?? refuseBatch(options);
}

/** PPO with a critic. Needs a reference policy if there is any KL; its state is the coefficient that follows a target. */
export const ppo: AlgorithmModule<PpoOptions> = define<PpoOptions>({
  name: "ppo",
  title: "PPO, Proximal Policy Optimization",
  paper: { source: "arXiv 1707.06347", year: 2017 },
  family: "actor-critic",
  summary: "Against GRPO: a learned critic as baseline of every token instead of the group's mean, with generalised " +
    "advantage estimation, and the KL inside the reward.",
  options: {
    ...criticOptions,
    ...rewardKlOptions(0.02, "arXiv 2203.02155 appendix C.4"),
    ...clipOptions(0.2, "arXiv 1707.06347 §6.1; arXiv 2203.02155 appendix C.4"),
    ...lossKlOptions(0, "the papers have it in the reward; verl use_kl_loss"),
    ...batchOptions("token_mean", "arXiv 1707.06347 eq. 7 (mean over timesteps)"),
  },
  presets: {
    // OpenAI's lm-human-preferences, the code of arXiv 1909.08593: a KL that is steered to 6 nats per response.
    ziegler: { rewardBeta: 0.15, klTarget: 6, whitenRewards: true, valueClip: 0.2, vfCoef: 0.1 },
    // TRL 1.10 PPOConfig: kl_coef 0.05 (k1), cliprange_value 0.2, vf_coef 0.1.
    trl: { rewardBeta: 0.05, valueClip: 0.2, vfCoef: 0.1 },
    // verl 0.10: adv_estimator gae with lam 1.0, cliprange_value 0.5, clip_ratio_c 3, no KL.
    verl: { lambda: 1, rewardBeta: 0, valueClip: 0.5, dualClip: 3 },
  },
  refuse,
  build: (options) => {
    const { beta, kl, klTarget, klHorizon, rewardBeta, rewardWeights, valueClip, vfCoef } = options;
    const surrogate = clippedSurrogate(options);
    return {
      needs: {
        groupSize: 1,
        critic: { learningRateFactor: options.criticLearningRateFactor },
        reference: beta > 0 || rewardBeta > 0,
      },
      credit: (batch, state) => {
        const { klCoefficient = rewardBeta } = (state ?? {}) as { klCoefficient?: number };
        const totals = batch.map((response) => totalReward(response, rewardWeights));
        const rewards = batch.map((response, i) => outcomeTokenRewards(response, totals[i], klCoefficient));
        const credit = criticCredit(batch, totals, rewards, options);
        const metrics = { ...credit.metrics, klCoefficient: rewardBeta > 0 ? klCoefficient : beta };
        if (klTarget === null) return { ...credit, metrics };
        const kl = mean(batch.map(sequenceKl)), target = { klTarget, klHorizon };
        return {
          ...credit,
          metrics,
          state: { klCoefficient: adaptKlCoefficient(klCoefficient, kl, batch.length, target) },
        };
      },
      loss: (batch) => {
        const weights = tokenWeights(batch, options);
        const rewarded = batch.map((response) => totalReward(response, rewardWeights) !== null);
        const valueWeights = weights.map((row, i) => rewarded[i] ? row : row.map(() => 0));
        const policy = policyLoss(batch, { weights, surrogate, beta, kl });
        return withValueLoss(policy, valueLoss(batch, valueWeights, valueClip), vfCoef);
      },
    };
  },
});
