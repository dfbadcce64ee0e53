/**
 * GVPO, Group Variance Policy Optimization (arXiv 2504.19599).
 *
 * KL-regularised reward maximisation has a closed form, from which every policy has an implicit reward
 * β log(π/π′) + β log Z. GVPO regresses implicit rewards on real ones, both centred on their group so that Z cancels:
 * ½ Σ [(R_θ − mean) − (R − mean)]². Against GRPO: no ratio, no clip, no standard deviation, and one optimum whatever
 * policy sampled the responses. π′ is the old policy or a frozen reference.
 *
 * Traps. On policy with π′ the old policy, R_θ is 0 and a step is REINFORCE with group mean, times β (so it needs no
 * special case, as the authors' program has): the regression begins with the second minibatch of a rollout batch, so at
 * least 2 are asked for. The log-ratio is a sum over tokens: for long responses its spread can exceed that of the
 * rewards. Off policy the loss grows with its square and nothing is clipped; what keeps it stable is that the pull is
 * back to π′. Equal rewards teach there too: the spread of R_θ is driven to 0. Gradients are small (β per unit of
 * reward) and summed over prompts. Preset `code` divides by n − 1.
 *
 * ```ts
 * import { gvpo } from "@podium/rl/algorithms";
 *
 * const algorithm = gvpo.create({ beta: 0.5 });
 * const logProbs = Float64Array.of(-1, -2);
 * const response = { group: 0, tokens: [5, 6], truncated: false, logProbs, oldLogProbs: logProbs };
 * const batch = [1, 0].map((total) => ({ ...response, rewards: { total } }));
 * const { advantages } = algorithm.credit(batch); // centred rewards: 1/2 and -1/2
 * const { gradient } = algorithm.loss(batch.map((response, i) => ({ ...response, advantages: advantages[i] })));
 * if (gradient[0][0] !== -0.25 || gradient[1][1] !== 0.25) throw new Error("unexpected gradient");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { groupAdvantage, outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { comparableRewards, groupLoss, type GroupLossOptions, groupLossOptions } from "./terms/group_loss.ts";
import { type ImplicitRewardOptions, implicitRewardOptions, regressImplicitReward } from "./terms/implicit_reward.ts";

/** Options of {@linkcode gvpo}. Presets: `paper` (default), `code`. */
export interface GvpoOptions extends Partial<ImplicitRewardOptions>, GroupLossOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

/** GVPO. Needs groups of at least 2, and reference log-probs or at least 2 minibatches per step. */
export const gvpo: AlgorithmModule<GvpoOptions> = define<GvpoOptions>({
  name: "gvpo",
  title: "GVPO, Group Variance Policy Optimization",
  paper: { source: "arXiv 2504.19599", year: 2025 },
  family: "regression",
  summary:
    "Against GRPO: a squared loss brings the implicit rewards of a group, centred, to the real ones, centred; no " +
    "ratio, no clip, no standard deviation.",
  options: { ...implicitRewardOptions, ...groupLossOptions() },
  presets: { code: { divisor: "n_minus_1" } },
  build: (options) => ({
    needs: {
      groupSize: 2,
      reference: options.denominator === "reference",
      minibatches: options.denominator === "old" ? 2 : 1,
    },
    credit: (batch) => {
      const rewards = comparableRewards(batch, options.rewardWeights), groups = batch.map(({ group }) => group);
      return outcomeCredit(batch, groupAdvantage(rewards, groups, { scale: "none", ddof: 0, stdEpsilon: 0 }), rewards);
    },
    loss: (batch) => {
      const rewards = comparableRewards(batch, options.rewardWeights);
      const { loss, slopes, ...trace } = regressImplicitReward(batch, rewards, options);
      return groupLoss(batch, { loss, slope: (i) => slopes[i], trace });
    },
  }),
});
