/**
 * GVPO, Group Variance Policy Optimization (arXiv 2504.19599).
 *
 * KL-regularised reward maximisation has a closed form, from which every policy has an implicit reward
 * β log(π/π′) + β log Z. GVPO regresses implicit rewards on real ones, both centred on their group so that Z cancels:
 * ½ Σ [(R_θ − mean) − (R − mean)]². Against GRPO: no ratio, no clip, no standard deviation, and a unique optimum
 * whatever policy sampled the responses. π′ is the old policy or a frozen reference.
 *
 * Traps. On policy and with π′ the old policy the implicit reward is 0, and a step is REINFORCE with group mean times
 * β: the regression only begins with the second minibatch of a rollout batch, so at least 2 are asked for. (The
 * authors' program detaches π as π′ when there is one minibatch; with old log-probs that equal the current ones that is
 * the same.) The log-ratio is a sum over tokens: for long responses its spread can exceed that of the rewards. The loss
 * is quadratic: nothing bounds the gradient off policy but the pull of the regression itself, which is restoring.
 * Gradients are small (β per unit of reward) and summed over prompts. Equal rewards still teach off policy: the
 * variance of the implicit reward is driven to 0. Preset `code` divides by n − 1.
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
import { groupIndices } from "./terms/batch.ts";
import { groupAdvantage, outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import {
  comparableRewards,
  groupLoss,
  type GroupLossOptions,
  groupLossOptions,
  responseAdvantage,
  sumLogRatio,
} from "./terms/group_loss.ts";
import { above, oneOf } from "./terms/options.ts";
import { deviations } from "./terms/statistics.ts";

/** Options of {@linkcode gvpo}. Presets: `paper` (default), `code`. */
export interface GvpoOptions extends GroupLossOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Policy π′ of the implicit reward: a trust region to the step before, or to the reference. */
  denominator?: "old" | "reference";
  /** Temperature β of the implicit reward. */
  beta?: number;
  /** What the sum of squares of a group is divided by. */
  divisor?: "one" | "n_minus_1";
}

/**
 * The loss of a group of two, as a regression of pairs like IPO's: ¼ (βΔ − (R₁ − R₂))², Δ being the difference of their
 * log-ratios. DPO puts the same Δ into a logistic loss.
 */
export function gvpoPairLoss(beta: number, difference: number, rewardGap: number): number {
  return (beta * difference - rewardGap) ** 2 / 4;
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
  options: {
    denominator: {
      default: "old",
      description:
        "policy that the implicit reward is measured against: old (trust region to the last step) or reference",
      source: "arXiv 2504.19599 (either); its program: old",
      check: oneOf(["old", "reference"]),
    },
    beta: {
      default: 0.1,
      description: "temperature of the implicit reward: the price of KL to the denominator, in units of reward per nat",
      source: "arXiv 2504.19599 and its script",
      check: above(0),
    },
    divisor: {
      default: "one",
      description: "what a group's half sum of squares is divided by: one, or its size minus 1",
      source: "arXiv 2504.19599; n_minus_1: its program",
      check: oneOf(["one", "n_minus_1"]),
    },
    ...groupLossOptions(),
  },
  presets: { code: { divisor: "n_minus_1" } },
  build: ({ denominator, beta, divisor, rewardWeights }) => ({
    needs: { groupSize: 2, reference: denominator === "reference", minibatches: denominator === "old" ? 2 : 1 },
    credit: (batch) => {
      const rewards = comparableRewards(batch, rewardWeights), groups = batch.map((response) => response.group);
      return outcomeCredit(batch, groupAdvantage(rewards, groups, { scale: "none", ddof: 0, stdEpsilon: 0 }), rewards);
    },
    loss: (batch) => {
      const rewards = comparableRewards(batch, rewardWeights);
      const implicitReward = Float64Array.from(batch, (response) => beta * sumLogRatio(response, denominator));
      const residual = new Float64Array(batch.length), slopes = residual.slice();
      let loss = 0;
      for (const members of groupIndices(batch.map((response) => response.group))) {
        const compared = members.filter((i) => rewards[i] !== null);
        if (compared.length < 2) continue;
        const size = divisor === "one" ? 1 : compared.length - 1;
        deviations(compared.map((i) => implicitReward[i])).forEach((centred, j) => {
          const i = compared[j], distance = centred - responseAdvantage(batch[i]);
          residual[i] = distance;
          // The derivative of the mean drops out: the residuals of a group sum to 0.
          slopes[i] = beta * distance / size;
          loss += distance * distance / (2 * size);
        });
      }
      return groupLoss(batch, { loss, slope: (i) => slopes[i], trace: { implicitReward, residual } });
    },
  }),
});
