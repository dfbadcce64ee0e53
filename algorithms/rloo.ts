/**
 * RLOO, REINFORCE leave-one-out (Back to Basics, arXiv 2402.14740; Kool et al. 2019).
 *
 * Against GRPO: the baseline of a response is the mean of the *others* in its group (unbiased; G/(G−1) times Dr.
 * GRPO's advantage), nothing is divided by a standard deviation, a response is one action with the sum of its
 * log-probs, there is no ratio and no clip, and the KL (k1, old policy, not differentiated) is part of the reward.
 *
 * The programs called RLOO are not this. `trl`: one product ratio for the whole response, clipped, so that long
 * responses leave the band almost at once. `verl`: only the advantage is RLOO's, the loss is PPO's clip per token.
 *
 * ```ts
 * import { rloo } from "@podium/rl/algorithms";
 *
 * const algorithm = rloo.create({ rewardBeta: 0 });
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const { advantages } = algorithm.credit([1, 0, 0].map((total) => ({ ...response, rewards: { total } })));
 * if (advantages[0][0] !== 1 || advantages[1][0] !== -0.5) throw new Error("unexpected advantages");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { leaveOneOut, outcomeCredit, whitenAdvantages } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { atLeast, oneOf, type Resolved } from "./terms/options.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { sequenceRatio, tokenRatio } from "./terms/ratios.ts";
import { subtractKl, totalReward } from "./terms/rewards.ts";
import {
  type BatchOptions,
  batchOptions,
  type ClipOptions,
  clipOptions,
  refuseBatch,
  refuseClip,
  refuseStd,
  type WhitenOptions,
  whitenOptions,
} from "./terms/shared_options.ts";
import { clippedSurrogate, reinforceSurrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode rloo}. Presets: `paper` (default), `trl`, `verl`. */
export interface RlooOptions extends WhitenOptions, ClipOptions, BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Loss: plain policy gradient, or clipped ratio per token, or clipped product ratio of the whole response. */
  surrogate?: "reinforce" | "token_clip" | "sequence_clip";
  /** Coefficient of the k1 KL to the reference that is subtracted from the reward; 0 needs no reference. */
  rewardBeta?: number;
}

function refuse(options: Resolved<RlooOptions>, explicit: ReadonlySet<string>): string | undefined {
  const { surrogate, aggregation } = options;
  const clip = ["epsilonLow", "epsilonHigh", "dualClip", "delta"].find((name) => explicit.has(name));
  if (surrogate === "reinforce" && clip) {
    return `option "${clip}" is set, but surrogate "reinforce" has no ratio to clip; leave it out or use surrogate ` +
      '"token_clip" or "sequence_clip"';
  }
  if (surrogate === "sequence_clip" && aggregation !== "seq_mean_token_mean") {
    return `option "aggregation" is "${aggregation}", which counts the one ratio of surrogate "sequence_clip" once ` +
      'per token; use "seq_mean_token_mean"';
  }
  return refuseStd(options.whiten, "whiten true", explicit) ?? refuseClip(options) ?? refuseBatch(options);
}

/** RLOO. Needs groups of at least 2 and, if `rewardBeta` is positive (0.03 in the paper), reference log-probs. */
export const rloo: AlgorithmModule<RlooOptions> = define<RlooOptions>({
  name: "rloo",
  title: "RLOO, REINFORCE leave-one-out",
  paper: { source: "arXiv 2402.14740", year: 2024 },
  family: "policy gradient",
  summary:
    "Against GRPO: the baseline is the mean of the other responses, unbiased; no standard deviation, no ratio, " +
    "no clip, and the KL is part of the reward.",
  options: {
    surrogate: {
      default: "reinforce",
      description: "plain policy gradient, or clipped ratio per token, or clipped product ratio of the response",
      source: "arXiv 2402.14740",
      check: oneOf(["reinforce", "token_clip", "sequence_clip"]),
    },
    rewardBeta: {
      default: 0.03,
      description: "coefficient of the k1 KL to the reference subtracted from the reward; 0: no reference needed",
      source: "arXiv 2402.14740 appendix C",
      check: atLeast(0),
    },
    ...whitenOptions(1e-4, "TRL normalize_advantages, off by default"),
    ...clipOptions(0.2, "TRL and verl; the paper has no clip"),
    ...batchOptions("seq_mean_token_sum", "arXiv 2402.14740 (a response is one action)"),
  },
  presets: {
    // TRL 1.13 RLOOConfig: beta 0.05, epsilon 0.2, mean over sequences.
    trl: { surrogate: "sequence_clip", rewardBeta: 0.05, aggregation: "seq_mean_token_mean" },
    // verl 0.10: adv_estimator rloo with the default policy loss and no KL in the reward.
    verl: { surrogate: "token_clip", rewardBeta: 0, aggregation: "token_mean", dualClip: 3 },
  },
  refuse,
  build: (options) => {
    const surrogate = options.surrogate === "reinforce" ? reinforceSurrogate : clippedSurrogate(options);
    const ratio = options.surrogate === "sequence_clip" ? sequenceRatio : tokenRatio;
    return {
      needs: { groupSize: 2, reference: options.rewardBeta > 0 },
      credit: (batch) => {
        const totals = batch.map((response) => totalReward(response, options.rewardWeights));
        const rewards = subtractKl(batch, totals, options.rewardBeta);
        const advantages = leaveOneOut(rewards, batch.map((response) => response.group));
        return outcomeCredit(
          batch,
          options.whiten ? whitenAdvantages(advantages, rewards, options) : advantages,
          rewards,
        );
      },
      loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate, ratio }),
    };
  },
});
