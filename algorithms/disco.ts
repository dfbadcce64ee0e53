/**
 * DisCO, Discriminative Constrained Optimization (arXiv 2505.12366 §4).
 *
 * With rewards of 0 and 1, GRPO is a discriminative objective in which a question with pass rate p weighs √(p(1 − p)):
 * very easy and very hard questions hardly count. DisCO gives every question the same weight. It raises the mean score
 * of right responses over a soft maximum (DRO over the negatives, temperature τ) of the scores of wrong ones; DisCO-b
 * (`objective: "mean"`) takes their plain mean. A score is the length-normalised log-likelihood or ratio of a response,
 * without clip; instead of clipping, D_KL(old || new) ≤ δ is held by a squared hinge.
 *
 * Traps. A reward counts as right if it is exactly 1 and as wrong if it is exactly 0; responses with any other teach
 * nothing. The sum is divided by all questions, also those without both kinds. Neither score is bounded off policy:
 * the constraint is all that keeps it stable, and on the first minibatch of a rollout batch it is inert (KL is 0). With
 * one minibatch per step it would never fire and DisCO would not be constrained, so at least 2 are asked for. The k1
 * estimate may be negative, which switches it off too. Preset `code` is what the authors' program computes: half the
 * gradient of the penalty, and a logged loss that is not the loss (τ in place of the soft maximum, in float32).
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
import { discriminate, type DiscriminativeOptions, rightAgainstWrong } from "./terms/discriminative.ts";
import { comparableRewards, groupLoss, type GroupLossOptions, groupLossOptions } from "./terms/group_loss.ts";
import {
  klConstraint,
  type KlConstraintOptions,
  klConstraintOptions,
  refuseKlConstraint,
} from "./terms/kl_constraint.ts";
import { above, oneOf, orNull } from "./terms/options.ts";

/** Options of {@linkcode disco}. Presets: `paper` (default), `code`. */
export interface DiscoOptions extends Partial<DiscriminativeOptions>, Partial<KlConstraintOptions>, GroupLossOptions {
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
  options: {
    objective: {
      default: "dro",
      description: "right responses against a soft maximum over the wrong ones (dro), or their mean (DisCO-b)",
      source: "arXiv 2505.12366 §4",
      check: oneOf(["dro", "mean"]),
    },
    score: {
      default: "log_likelihood",
      description: "score of a response: mean log-prob of its tokens, or mean ratio to the old policy, not clipped",
      source: "arXiv 2505.12366 §4 (log-likelihood has the better results)",
      check: oneOf(["log_likelihood", "likelihood_ratio"]),
    },
    tau: {
      default: null,
      description: "temperature of the soft maximum; null: 10 for log_likelihood, 1 for likelihood_ratio",
      source: "arXiv 2505.12366 and its scripts",
      check: orNull(above(0)),
    },
    softMaximum: {
      default: "exact",
      description: "the soft maximum, or the authors' surrogate with its gradient and another value",
      source: "arXiv 2505.12366 §4; held_divisor: its program",
      check: oneOf(["exact", "held_divisor"]),
    },
    ...klConstraintOptions,
    ...groupLossOptions(),
  },
  presets: { code: { softMaximum: "held_divisor", penalty: "held_factor" } },
  refuse: (options, explicit) => {
    const soft = ["tau", "softMaximum"].find((name) => explicit.has(name));
    if (options.objective === "mean" && soft !== undefined) {
      return `option "${soft}" is set, but objective "mean" has no soft maximum; leave it out or use objective "dro"`;
    }
    return refuseKlConstraint(options, explicit);
  },
  build: (options) => ({
    needs: { groupSize: 2, minibatches: options.beta > 0 ? 2 : 1 },
    credit: (batch) => {
      const rewards = comparableRewards(batch, options.rewardWeights);
      return outcomeCredit(batch, rightAgainstWrong(rewards, batch.map((response) => response.group)), rewards);
    },
    loss: (batch) => {
      const { value, slope, scores, negativeSoftmax } = discriminate(batch, options);
      const constraint = klConstraint(batch, options);
      return groupLoss(batch, {
        loss: constraint.value - value,
        slope: (i, t) => constraint.slope(i, t) - slope(i, t),
        metrics: { constraintKl: constraint.kl, constraintActive: Number(constraint.active) },
        trace: { scores, ...options.objective === "dro" && { negativeSoftmax } },
      });
    },
  }),
});
