/**
 * REINFORCE++ (arXiv 2501.03262), in both forms of the paper.
 *
 * Against GRPO: advantages are standardised over the whole batch, not within a group. Dividing by a group's own
 * standard deviation is biased, since it depends on the rewards above it, and favours prompts that are nearly solved.
 *
 * - `plain` (default): one response per prompt is enough. The KL (k1, old policy, not differentiated) is part of each
 *   token's reward, the outcome is on the last token, and the advantage of a token is the sum from it on.
 * - `baseline` (preset of that name): the group mean is subtracted first; the KL (k2) is part of the loss instead.
 *
 * Both whiten over all tokens of the batch and use PPO's clipped token ratio. Known trap: long responses weigh more in
 * mean and variance, so the mean over *responses* is not 0, and a group whose rewards are all equal gets an advantage
 * other than 0 as soon as another group has signal. Tool output (mask 0) is skipped and the return carried through it.
 *
 * The paper prints neither ddof nor eps; the default is verl's (unbiased variance, 1e-8 inside the root). Preset
 * `openrlhf`: population variance; its lower bound of 1e-8 on the variance is not reproduced.
 *
 * ```ts
 * import { reinforcePlusPlus } from "@podium/rl/algorithms";
 *
 * const algorithm = reinforcePlusPlus.create({ rewardBeta: 0, ddof: 0, varianceEpsilon: 0 });
 * const logProbs = Float64Array.of(-1, -2);
 * const response = { tokens: [5, 6], truncated: false, logProbs, oldLogProbs: logProbs };
 * const { advantages } = algorithm.credit([
 *   { ...response, group: 0, rewards: { accuracy: 1 } },
 *   { ...response, group: 1, rewards: { accuracy: 0 } },
 * ]);
 * if (advantages[0][1] !== 1 || advantages[1][0] !== -1) throw new Error("unexpected advantages");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { define } from "./terms/define.ts";
import { atLeast, oneOf, type Resolved, type Specs } from "./terms/options.ts";
import { perGroup } from "./terms/per_group.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { outcomeTokenRewards, returnCredit, returnToGo, whitenTokens } from "./terms/returns.ts";
import { totalReward } from "./terms/rewards.ts";
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
import { deviations } from "./terms/statistics.ts";
import { clippedSurrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode reinforcePlusPlus}. Presets: `paper` (default), `baseline`, `verl`, `openrlhf`. */
export interface ReinforcePlusPlusOptions extends ClipOptions, LossKlOptions, BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Rewards as they are, or minus the mean of their group. */
  form?: "plain" | "baseline";
  /** Coefficient of the k1 KL to the reference that is subtracted from each token's reward; 0 needs no reference. */
  rewardBeta?: number;
  /** Discount per token. */
  gamma?: number;
  /** Divisor of the variance over tokens is n − ddof. */
  ddof?: 0 | 1;
  /** Added to the variance before the root. */
  varianceEpsilon?: number;
  /** Added to the number of tokens that means divide by. */
  countEpsilon?: number;
}

const lossKl = lossKlOptions(0, "arXiv 2501.03262 (plain form); its λ for the other form is not given");

const options: Specs<ReinforcePlusPlusOptions> = {
  form: {
    default: "plain",
    description: "rewards as they are, or minus the mean of their group; then whitening over all tokens of the batch",
    source: "arXiv 2501.03262",
    check: oneOf(["plain", "baseline"]),
  },
  rewardBeta: {
    default: 0.01,
    description: "coefficient of the k1 KL to the reference in the reward of each token; 0: no reference needed",
    source: "arXiv 2501.03262 v1 (0.001 for mathematics)",
    check: atLeast(0),
  },
  gamma: {
    default: 1,
    description: "discount per token",
    source: "arXiv 2501.03262; verl",
    check: { use: "a number from 0 to 1", accepts: (value) => atLeast(0).accepts(value) && (value as number) <= 1 },
  },
  ddof: {
    default: 1,
    description: "the variance over tokens divides by n − ddof",
    source: "verl masked_whiten",
    check: oneOf([0, 1]),
  },
  varianceEpsilon: {
    default: 1e-8,
    description: "added to the variance over tokens, inside the root",
    source: "verl masked_whiten",
    check: atLeast(0),
  },
  countEpsilon: {
    default: 0,
    description: "added to the number of tokens that mean and variance divide by",
    source: "verl masked_mean has 1e-8",
    check: atLeast(0),
  },
  ...clipOptions(0.2, "arXiv 2501.03262"),
  ...lossKl,
  kl: { ...lossKl.kl, default: "k2", source: "arXiv 2501.03262 (form baseline)" },
  ...batchOptions("token_mean", "verl and OpenRLHF"),
};

function refuse(
  options: Resolved<ReinforcePlusPlusOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  const { form, rewardBeta, beta } = options;
  if (form === "baseline" && rewardBeta > 0) {
    return `option "rewardBeta" is ${rewardBeta}, but form "baseline" has its KL in the loss; use preset "baseline", ` +
      "or set rewardBeta to 0";
  }
  if (rewardBeta > 0 && beta > 0) {
    return `options "rewardBeta" (${rewardBeta}) and "beta" (${beta}) both pay for the KL to the reference; ` +
      "set one of them to 0";
  }
  return refuseClip(options) ?? refuseLossKl(options, explicit) ?? refuseBatch(options);
}

/** REINFORCE++. Needs groups of at least 2 in form `baseline`, and reference log-probs unless both KLs are off. */
export const reinforcePlusPlus: AlgorithmModule<ReinforcePlusPlusOptions> = define<ReinforcePlusPlusOptions>({
  name: "reinforce_plus_plus",
  title: "REINFORCE++",
  paper: { source: "arXiv 2501.03262", year: 2025 },
  family: "policy gradient",
  summary:
    "Against GRPO: advantages are standardised over all tokens of the batch instead of within a group, and the " +
    "KL is part of each token's reward.",
  options,
  presets: {
    baseline: { form: "baseline", rewardBeta: 0, beta: 0.01 },
    // verl 0.10: adv_estimator reinforce_plus_plus or, with form "baseline", reinforce_plus_plus_baseline.
    verl: { rewardBeta: 0, dualClip: 3, countEpsilon: 1e-8 },
    openrlhf: { ddof: 0, varianceEpsilon: 0 },
  },
  refuse,
  build: (options) => {
    const { form, rewardBeta, gamma, ddof, varianceEpsilon, countEpsilon, beta, kl } = options;
    const whitening = { ddof, stdEpsilon: varianceEpsilon, insideRoot: true, countEpsilon };
    const surrogate = clippedSurrogate(options);
    return {
      needs: { groupSize: form === "baseline" ? 2 : 1, reference: rewardBeta > 0 || beta > 0 },
      credit: (batch) => {
        const rewards = batch.map((response) => totalReward(response, options.rewardWeights));
        const groups = batch.map((response) => response.group);
        const relative = form === "baseline" ? perGroup(rewards, groups, deviations) : rewards;
        const returns = batch.map((response, i) =>
          returnToGo(response, outcomeTokenRewards(response, relative[i], rewardBeta), gamma)
        );
        return returnCredit(batch, whitenTokens(batch, returns, rewards, whitening), rewards, returns);
      },
      loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate, beta, kl }),
    };
  },
});
