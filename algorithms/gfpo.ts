/**
 * GFPO, Group Filtered Policy Optimization (arXiv 2508.09726).
 *
 * Against GRPO: sample more, learn from fewer, so that responses get shorter without length in the reward. Each group
 * is ranked by a metric (shortest, or reward per token) and only the best k are retained; mean and standard deviation
 * are theirs alone, and the rest have advantage 0 (eq. 2). Tokens are weighed as in DAPO, over ALL responses of the
 * group: the rejected have weight, and with β > 0 a KL gradient too. Preset `trl` (its trainer removed in 2026) drops
 * them from the batch. Adaptive difficulty keeps more for hard prompts, by quartiles of the mean rewards seen so far.
 *
 * Traps: with 0/1 rewards, reward per token keeps right answers only: nothing to compare, no gradient. Where rewards
 * are negative it prefers long wrong answers. Not reproduced: the entropy bonus (an algorithm sees no entropy), and a
 * "slightly modified" clip that the paper does not specify (`dualClip` is the nearest). Equal scores: group_filter.ts.
 *
 * ```ts
 * import { gfpo } from "@podium/rl/algorithms";
 *
 * const algorithm = gfpo.create({ beta: 0 });
 * const batch = [[1, 3], [0, 1], [1, 2], [0, 4]].map(([total, length]) => {
 *   const logProbs = new Float64Array(length).fill(-1);
 *   return { group: 0, tokens: logProbs, rewards: { total }, truncated: false, logProbs, oldLogProbs: logProbs };
 * });
 * const { advantages } = algorithm.credit(batch); // the two shortest are compared
 * if (advantages.map(([first]) => first).join() !== "0,-1,1,0") throw new Error("unexpected advantages");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { groupAdvantage, outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { addGroups } from "./terms/difficulty.ts";
import { filterGroups, type FilterOptions, filterOptions, refuseFilter } from "./terms/group_filter.ts";
import { oneOf } from "./terms/options.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { totalReward } from "./terms/rewards.ts";
import * as shared from "./terms/shared_options.ts";
import { mean } from "./terms/statistics.ts";
import { emptySketch, type QuantileSketch } from "./terms/streaming_quantiles.ts";
import { clippedSurrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode gfpo}. Presets: `paper` (default), `token_efficiency`, `adaptive`, `trl`. */
export interface GfpoOptions
  extends FilterOptions, shared.ScaleOptions, shared.ClipOptions, shared.LossKlOptions, shared.BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Whether rejected responses stay in the loss, with advantage 0. */
  normaliser?: "all" | "retained";
}

/**
 * GFPO.
 *
 * Needs groups larger than what is retained and, if `beta` is positive (0.001 in the paper), reference log-probs.
 * Adaptive difficulty keeps the quantiles of the groups' mean rewards between steps.
 */
export const gfpo: AlgorithmModule<GfpoOptions> = define<GfpoOptions>({
  name: "gfpo",
  title: "GFPO, Group Filtered Policy Optimization",
  paper: { source: "arXiv 2508.09726", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: samples larger groups and learns only from their shortest (or most token-efficient) " +
    "responses, so that answers get shorter without length in the reward.",
  options: {
    ...filterOptions(),
    normaliser: {
      default: "all",
      description: "all: rejected responses count in token weights and KL; retained: they leave the loss",
      source: "arXiv 2508.09726 eq. 2; retained: TRL's removed GFPOTrainer",
      check: oneOf(["all", "retained"]),
    },
    ...shared.scaleOptions("group", 0, 0, "arXiv 2508.09726 §3 (1/k inside the root, no eps)"),
    ...shared.clipOptions(0.2, "not given in arXiv 2508.09726; verl, which it was run with"),
    ...shared.lossKlOptions(0.001, "arXiv 2508.09726 §4"),
    ...shared.batchOptions("token_mean_per_group", "arXiv 2508.09726 eq. 2"),
  },
  presets: {
    token_efficiency: { metric: "token_efficiency" },
    adaptive: { keepByDifficulty: { very_hard: 0.5, hard: 0.5, medium: 0.375, easy: 0.25 } },
    // TRL up to 1.7: ddof 1, eps 1e-4, beta 0, loss_type "dapo"; which filter was up to the user.
    trl: { normaliser: "retained", ddof: 1, stdEpsilon: 1e-4, beta: 0, aggregation: "token_mean" },
  },
  refuse: (options, explicit) =>
    refuseFilter(options, explicit) ??
      shared.refuseStd(options.scale !== "none", 'scale "group" or "batch"', explicit) ?? shared.refuseClip(options) ??
      shared.refuseLossKl(options, explicit) ?? shared.refuseBatch(options),
  build: (options) => {
    const { keep, keepByDifficulty, beta, kl, rewardWeights } = options;
    const surrogate = clippedSurrogate(options);
    return {
      // Half of 3 is the smallest filter that leaves two to compare.
      needs: { groupSize: Math.max(2, keep ?? 2) + 1, reference: beta > 0 },
      credit: (batch, state) => {
        const rewards = batch.map((response) => totalReward(response, rewardWeights));
        const groups = batch.map((response) => response.group);
        const seen = (state ?? emptySketch) as QuantileSketch;
        const stream = keepByDifficulty ? addGroups(seen, rewards, groups) : emptySketch;
        const { retained, scores } = filterGroups(batch, rewards, options, stream);
        const kept = rewards.map((reward, i) => retained[i] ? reward : null);
        const credit = outcomeCredit(batch, groupAdvantage(kept, groups, options), rewards);
        const flags = retained.map(Number);
        return {
          ...credit,
          ...keepByDifficulty && { state: stream },
          metrics: {
            ...credit.metrics,
            retainedShare: mean(flags),
            retainedPerGroup: batch.length * mean(flags) / Math.max(1, new Set(groups).size),
          },
          trace: {
            ...credit.trace,
            retained: Float64Array.from(flags),
            filterScores: Float64Array.from(scores, (score) => score ?? NaN),
          },
        };
      },
      loss: (batch, state) => {
        const rewards = batch.map((response) => totalReward(response, rewardWeights));
        const { retained } = filterGroups(batch, rewards, options, (state ?? emptySketch) as QuantileSketch);
        const rejected = (i: number) => options.normaliser === "retained" && !retained[i];
        const rows = tokenWeights(batch.filter((_, i) => !rejected(i)), options).values();
        const weights = batch.map(({ logProbs }, i) =>
          rejected(i) ? new Float64Array(logProbs.length) : rows.next().value!
        );
        return policyLoss(batch, { weights, surrogate, beta, kl });
      },
    };
  },
});
