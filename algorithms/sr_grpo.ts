/**
 * SR-GRPO, Soft Reward GRPO (the repository KAIST-AILab/SR-GRPO; there is no paper and no published result).
 *
 * Against GRPO only the advantage differs: a softmax of the normalised rewards weighs the raw rewards of the group, and
 * EVERY response of the group gets the sum, the soft reward of the prompt. What a shared advantage implies:
 *
 * - There is no credit within a group: right and wrong answers are pushed equally. The README's "higher weight on
 *   better completions" is about weights that end up in one number.
 * - With rewards of at least 0 nothing is ever pushed down, and equal rewards do not give zero. What is learned is
 *   left to differences between prompts and to chance: REINFORCE without a baseline.
 * - A large τ gives the mean reward and a small one the largest; neither is "closer to standard GRPO", as it says.
 *
 * The default is its README: τ 0.5, β 0.1, all else from GRPO. Preset `code` is what its source does: no clip, the old
 * policy ignored (exp(logp − sg(logp)), on policy only), TRL 0.15's β 0.04. ddof and eps stand in the source alone.
 *
 * ```ts
 * import { srGrpo } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const batch = [1, 0].map((total) => ({ ...response, rewards: { total } }));
 * const { advantages } = srGrpo.create({ tau: 1e-3 }).credit(batch);
 * if (advantages[0][0] !== 1 || advantages[1][0] !== 1) throw new Error("the wrong answer gets the same");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { above, oneOf } from "./terms/options.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { totalReward } from "./terms/rewards.ts";
import * as shared from "./terms/shared_options.ts";
import { softReward } from "./terms/soft_reward.ts";
import { mean, standardDeviation } from "./terms/statistics.ts";
import { clippedSurrogate, type Surrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode srGrpo}. Presets: `paper` (default: the README), `code`. */
export interface SrGrpoOptions
  extends shared.StdOptions, shared.ClipOptions, shared.LossKlOptions, shared.BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Temperature of the softmax over normalised rewards. */
  tau?: number;
  /** Loss: clipped ratio to the old policy, or the current policy against itself, held fixed. */
  surrogate?: "token_clip" | "detached";
}

/** −A · exp(logProb − sg(logProb)): the value is −A wherever the policy stands, the slope that of the policy gradient. */
const detached: Surrogate = ({ advantage }) => ({ loss: 0 - advantage, slope: 0 - advantage, clipped: false });

/** SR-GRPO. Needs groups of at least 2 and, if `beta` is positive (0.1 in its README), reference log-probs. */
export const srGrpo: AlgorithmModule<SrGrpoOptions> = define<SrGrpoOptions>({
  name: "sr_grpo",
  title: "SR-GRPO, Soft Reward GRPO",
  paper: { source: "github.com/KAIST-AILab/SR-GRPO (no paper)", year: 2025 },
  family: "policy gradient",
  summary:
    "Against GRPO: all responses of a prompt share one advantage, a softmax-weighted mean of their rewards, so " +
    "right and wrong answers are pushed equally.",
  options: {
    tau: {
      default: 0.5,
      description: "temperature of the softmax; small: the largest reward of the group, large: the mean reward",
      source: "README",
      check: above(0),
    },
    surrogate: {
      default: "token_clip",
      description: "token_clip: GRPO's clipped ratio; detached: exp(logp − sg(logp)), for on-policy steps only",
      source: "README (all else is GRPO's); detached: its source",
      check: oneOf(["token_clip", "detached"]),
    },
    ...shared.stdOptions(1, 1e-5, "its source; the README gives neither"),
    ...shared.clipOptions(0.2, "TRL's GRPOConfig, which the README inherits"),
    ...shared.lossKlOptions(0.1, "README"),
    ...shared.batchOptions("seq_mean_token_mean", "its source, and TRL 0.15"),
  },
  presets: { code: { surrogate: "detached", beta: 0.04 } },
  refuse: (options, explicit) => {
    const clip = ["epsilonLow", "epsilonHigh", "dualClip", "delta"].find((name) => explicit.has(name));
    return options.surrogate === "detached" && clip
      ? `option "${clip}" is set, but surrogate "detached" has no ratio to clip; leave it out or use "token_clip"`
      : shared.refuseClip(options) ?? shared.refuseLossKl(options, explicit) ?? shared.refuseBatch(options);
  },
  build: (options) => {
    const { beta, kl } = options;
    const surrogate = options.surrogate === "detached" ? detached : clippedSurrogate(options);
    return {
      needs: { groupSize: 2, reference: beta > 0 },
      credit: (batch) => {
        const rewards = batch.map((response) => totalReward(response, options.rewardWeights));
        const { advantages, weights } = softReward(rewards, batch.map((response) => response.group), options);
        const credit = outcomeCredit(batch, advantages, rewards);
        const given = advantages.filter((_, i) => rewards[i] !== null);
        return {
          ...credit,
          // Its names, and its torch.std.
          metrics: {
            ...credit.metrics,
            soft_advantage_mean: mean(given),
            soft_advantage_std: standardDeviation(given, 1),
          },
          trace: { ...credit.trace, softmaxWeights: Float64Array.from(weights) },
        };
      },
      loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate, beta, kl }),
    };
  },
});
