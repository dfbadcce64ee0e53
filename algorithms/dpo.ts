/**
 * DPO, Direct Preference Optimization (arXiv 2305.18290 eq. 7), on pairs made from the group: best against worst.
 *
 * Against GRPO: a group gives one pair instead of an advantage per response, and the loss −log σ(βΔ) is that of a
 * classifier, Δ being by how much more than the reference the policy prefers the chosen response. The KL to the
 * reference is implicit, β is its price. No ratio, no clip, no old policy; a pair weighs less the better it is told
 * apart. IPO (arXiv 2310.12036) regresses Δ on 1/(2β) instead. Ties are broken by {@linkcode bestAndWorst}.
 *
 * Traps. Log-probs are summed over a response, so long responses move Δ most; TRL's IPO takes means (`trl_ipo`), so that
 * the same β means something else. TRL's sigmoid loss ignores label smoothing. The gradient of `sigmoid` is at most β
 * per token and dies once the pair is told apart, which keeps it stable off policy; that of `ipo` grows with the
 * distance, and `robust` is not bounded from below. Both log-probs may fall while Δ grows. All but two responses of a
 * group are sampled for nothing.
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
import { outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { comparableRewards, groupLoss, type GroupLossOptions, groupLossOptions } from "./terms/group_loss.ts";
import { bestAndWorst, pairCredit } from "./terms/pairs.ts";
import { pairwiseLoss, type PreferenceOptions, preferenceOptions, refusePreference } from "./terms/preference.ts";

/** Options of {@linkcode dpo}. Presets: `paper` (default), `ipo`, `trl_ipo`, `tulu3`. */
export interface DpoOptions extends Partial<PreferenceOptions>, GroupLossOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
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
  options: { ...preferenceOptions, ...groupLossOptions() },
  presets: {
    // arXiv 2310.12036, and OpenRLHF's DPOLoss(ipo=True).
    ipo: { loss: "ipo" },
    // TRL 1.13: loss_type "ipo" divides each log-ratio by the length of its response first.
    trl_ipo: { loss: "ipo", logRatio: "mean" },
    // Tülu 3 (arXiv 2411.15124): length-normalised DPO.
    tulu3: { logRatio: "mean", beta: 5 },
  },
  refuse: refusePreference,
  build: (options) => ({
    needs: { groupSize: 2, reference: true },
    credit: (batch) => {
      const rewards = comparableRewards(batch, options.rewardWeights);
      return outcomeCredit(batch, pairCredit(bestAndWorst(batch, rewards), batch.length), rewards);
    },
    loss: (batch) => {
      const { loss, slopes, ...trace } = pairwiseLoss(batch, options), pairs = Math.max(1, trace.margin.length);
      const rewardMargin = trace.margin.reduce((sum, value) => sum + value, 0) / pairs;
      const rewardAccuracy = trace.margin.filter((value) => value > 0).length / pairs;
      return groupLoss(batch, { loss, slope: (i) => slopes[i], metrics: { rewardMargin, rewardAccuracy }, trace });
    },
  }),
});
