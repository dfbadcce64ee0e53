/**
 * DPO, Direct Preference Optimization (arXiv 2305.18290 eq. 7), on pairs made from the group: best against worst.
 *
 * Against GRPO: a group gives one pair instead of an advantage per response, and the loss −log σ(βΔ) is that of a
 * classifier, Δ being by how much more than the reference the policy prefers the chosen response. KL to the reference
 * is implicit: β is its price. No ratio, no clip, no old policy; the pair weighs less the better it is told apart.
 * IPO (arXiv 2310.12036) regresses Δ on 1/(2β) instead. How ties are broken: {@linkcode bestAndWorst}.
 *
 * Traps. Log-probs are summed over a response, so long responses move Δ most; TRL's IPO takes means (preset
 * `trl_ipo`), so that the same β means something else. TRL's sigmoid loss ignores label smoothing. The gradient of
 * `sigmoid` is at most β per token and dies once the pair is told apart, which keeps it stable off policy; that of
 * `ipo` grows with the distance, and `robust` is not bounded from below. Both log-probs may fall while Δ grows. With
 * an on-policy group most of what was sampled is thrown away: all but two responses.
 *
 * ```ts
 * import { dpo } from "@podium/rl/algorithms";
 *
 * const algorithm = dpo.create({ beta: 0.5 });
 * const batch = [1, 0.2, 0].map((total) => {
 *   const logProbs = Float64Array.of(-1);
 *   const rows = { logProbs, oldLogProbs: logProbs, referenceLogProbs: logProbs };
 *   return { group: 0, tokens: [5], rewards: { total }, truncated: false, ...rows };
 * });
 * const { advantages } = algorithm.credit(batch); // 1 for the chosen, 0, -1 for the rejected
 * const { gradient } = algorithm.loss(batch.map((response, i) => ({ ...response, advantages: advantages[i] })));
 * if (gradient[0][0] !== -0.25 || gradient[1][0] !== 0 || gradient[2][0] !== 0.25) throw new Error("unexpected");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { chosenLength } from "./terms/batch.ts";
import { outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import {
  comparableRewards,
  groupLoss,
  type GroupLossOptions,
  groupLossOptions,
  sumLogRatio,
} from "./terms/group_loss.ts";
import { above, oneOf } from "./terms/options.ts";
import { bestAndWorst, pairsOf } from "./terms/pairs.ts";
import { type PreferenceLoss, preferenceLoss, preferenceLosses, sigmoid } from "./terms/preference.ts";
import { mean } from "./terms/statistics.ts";

/** Options of {@linkcode dpo}. Presets: `paper` (default), `ipo`, `trl_ipo`, `tulu3`. */
export interface DpoOptions extends GroupLossOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Loss of a pair. */
  loss?: PreferenceLoss;
  /** Temperature β of the implicit reward: the price of KL to the reference. */
  beta?: number;
  /** Assumed share of pairs whose labels are swapped. */
  labelSmoothing?: number;
  /** Log-ratio of a response: the sum over its tokens, or their mean. */
  logRatio?: "sum" | "mean";
}

/** DPO. Needs groups of at least 2 and reference log-probs. */
export const dpo: AlgorithmModule<DpoOptions> = define<DpoOptions>({
  name: "dpo",
  title: "DPO, Direct Preference Optimization",
  paper: { source: "arXiv 2305.18290", year: 2023 },
  family: "preference",
  summary:
    "Against GRPO: the best and the worst response of a group make a pair, and a logistic loss tells them apart " +
    "relative to a reference; no advantage, no ratio, no clip.",
  options: {
    loss: {
      default: "sigmoid",
      description: "loss of a pair: sigmoid, robust (unbiased under swapped labels), or ipo (squared)",
      source: "arXiv 2305.18290 eq. 7; robust: arXiv 2403.00409; ipo: arXiv 2310.12036",
      check: oneOf(preferenceLosses),
    },
    beta: {
      default: 0.1,
      description: "temperature of the implicit reward: the price of KL to the reference",
      source: "arXiv 2305.18290; TRL",
      check: above(0),
    },
    labelSmoothing: {
      default: 0,
      description: "assumed share of pairs whose labels are swapped, below 0.5",
      source: "arXiv 2305.18290; TRL label_smoothing",
      check: {
        use: "a number of at least 0 and below 0.5",
        accepts: (value) => typeof value === "number" && value >= 0 && value < 0.5,
      },
    },
    logRatio: {
      default: "sum",
      description: "log-ratio of a response: sum over its tokens, or their mean",
      source: "arXiv 2305.18290; mean: TRL's ipo",
      check: oneOf(["sum", "mean"]),
    },
    ...groupLossOptions(),
  },
  presets: {
    // arXiv 2310.12036, and OpenRLHF's DPOLoss(ipo=True).
    ipo: { loss: "ipo" },
    // TRL 1.13: loss_type "ipo" divides each log-ratio by the length of its response first.
    trl_ipo: { loss: "ipo", logRatio: "mean" },
    // Tülu 3 (arXiv 2411.15124): length-normalised DPO.
    tulu3: { logRatio: "mean", beta: 5 },
  },
  refuse: ({ loss, labelSmoothing }) =>
    loss === "ipo" && labelSmoothing > 0
      ? `option "labelSmoothing" is ${labelSmoothing}, which loss "ipo" does not use; leave it out or use loss "sigmoid"`
      : undefined,
  build: (options) => ({
    needs: { groupSize: 2, reference: true },
    credit: (batch) => {
      const rewards = comparableRewards(batch, options.rewardWeights);
      const advantages = batch.map(() => 0);
      for (const { chosen, rejected } of bestAndWorst(batch, rewards)) {
        advantages[chosen] = 1;
        advantages[rejected] = -1;
      }
      return outcomeCredit(batch, advantages, rewards);
    },
    loss: (batch) => {
      const pairs = pairsOf(batch);
      const lengths = batch.map((response) => options.logRatio === "mean" ? chosenLength(response) : 1);
      const logRatio = (i: number) => sumLogRatio(batch[i], "reference") / lengths[i];
      const difference = pairs.map(({ chosen, rejected }) => logRatio(chosen) - logRatio(rejected));
      const margin = difference.map((value) => options.beta * value);
      const losses = difference.map((value) => preferenceLoss(options.loss, value, options));
      const slopes = batch.map(() => 0);
      pairs.forEach(({ chosen, rejected }, p) => {
        slopes[chosen] = losses[p].derivative / (pairs.length * lengths[chosen]);
        slopes[rejected] = -losses[p].derivative / (pairs.length * lengths[rejected]);
      });
      return groupLoss(batch, {
        loss: mean(losses.map(({ value }) => value)),
        slope: (i) => slopes[i],
        metrics: { rewardMargin: mean(margin), rewardAccuracy: mean(margin.map((value) => value > 0 ? 1 : 0)) },
        trace: {
          difference: Float64Array.from(difference),
          margin: Float64Array.from(margin),
          misrankProbability: Float64Array.from(margin, (value) => sigmoid(-value)),
        },
      });
    },
  }),
});
