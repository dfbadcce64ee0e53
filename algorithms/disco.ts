/**
 * DisCO, Discriminative Constrained Optimization (arXiv 2505.12366 §4).
 *
 * With rewards of 0 and 1, GRPO is a discriminative objective in which a question with pass rate p weighs √(p(1 − p)):
 * very easy and very hard questions hardly count. DisCO gives all questions the same weight. It raises the scores of
 * right responses (mean log-prob or ratio, no clip) over a soft maximum of those of wrong ones; DisCO-b (`objective:
 * "mean"`) over their mean. Instead of clipping, D_KL(old || new) ≤ δ is held by a squared hinge.
 *
 * Traps. A response is right with a reward of exactly 1, wrong with exactly 0, else it teaches nothing. Questions without
 * both kinds still count in the divisor. Neither score is bounded off policy: the constraint is all that keeps it stable,
 * and on the first minibatch of a rollout batch KL is 0 and the constraint inert. With one minibatch per step it would
 * never fire, so at least 2 are asked for. The k1 estimate may be negative, which switches it off too. Preset `code` is
 * the authors' program: half the gradient of the penalty, and a logged loss that is not the loss.
 *
 * ```ts
 * import { disco } from "@podium/rl/algorithms";
 *
 * const algorithm = disco.create({ objective: "mean" });
 * const batch = [1, 0, 0].map((total) => {
 *   const logProbs = Float64Array.of(-1, -2);
 *   return { group: 0, tokens: [5, 6], rewards: { total }, truncated: false, logProbs, oldLogProbs: logProbs };
 * });
 * const { advantages } = algorithm.credit(batch); // the weight of each response's score: 1, -1/2, -1/2
 * const { gradient } = algorithm.loss(batch.map((response, i) => ({ ...response, advantages: advantages[i] })));
 * if (gradient[0][0] !== -0.5 || gradient[1][0] !== 0.25) throw new Error("unexpected gradient");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import * as objective from "./terms/discriminative.ts";
import { comparableRewards, groupLoss, type GroupLossOptions, groupLossOptions } from "./terms/group_loss.ts";
import * as trustRegion from "./terms/kl_constraint.ts";

/** Options of {@linkcode disco}. Presets: `paper` (default), `code`. */
export interface DiscoOptions
  extends Partial<objective.DiscriminativeOptions>, Partial<trustRegion.KlConstraintOptions>, GroupLossOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

/** DisCO and DisCO-b. Needs groups of at least 2 and, for the constraint to act, at least 2 minibatches per step. */
export const disco: AlgorithmModule<DiscoOptions> = define<DiscoOptions>({
  name: "disco",
  title: "DisCO, Discriminative Constrained Optimization",
  paper: { source: "arXiv 2505.12366", year: 2025 },
  family: "discriminative",
  summary: "Against GRPO: every question weighs the same, right responses are scored against a soft maximum of wrong " +
    "ones, and a KL constraint to the old policy takes the place of clipping.",
  options: { ...objective.discriminativeOptions, ...trustRegion.klConstraintOptions, ...groupLossOptions() },
  presets: { code: { softMaximum: "held_divisor", penalty: "held_factor" } },
  refuse: (options, explicit) =>
    objective.refuseDiscriminative(options, explicit) ?? trustRegion.refuseKlConstraint(options, explicit),
  build: (options) => ({
    needs: { groupSize: 2, minibatches: options.beta > 0 ? 2 : 1 },
    credit: (batch) => {
      const rewards = comparableRewards(batch, options.rewardWeights), groups = batch.map(({ group }) => group);
      return outcomeCredit(batch, objective.rightAgainstWrong(rewards, groups), rewards);
    },
    loss: (batch) => {
      const { value, slope, scores, negativeSoftmax } = objective.discriminate(batch, options);
      const constraint = trustRegion.klConstraint(batch, options);
      return groupLoss(batch, {
        loss: constraint.value - value,
        slope: (i, t) => constraint.slope(i, t) - slope(i, t),
        metrics: { constraintKl: constraint.kl, constraintActive: Number(constraint.active) },
        trace: { scores, ...options.objective === "dro" && { negativeSoftmax } },
      });
    },
  }),
});
