/**
 * GPG, Group Policy Gradient (arXiv 2504.02546).
 *
 * Against GRPO: the loss is the policy gradient itself, −A · log-prob, without ratio, clip, reference policy and
 * standard deviation. Groups whose rewards are all equal contribute nothing but count in the token mean, so the
 * gradient of the others would be too small; α = B / (B − M) makes up for it, where B is the number of responses and M
 * of those in groups without signal. Known trap, as preset `verl`: B over the number of responses whose *reward* is
 * not 0. For rewards −1 and 1 that is 1, whatever the groups; for 0 and 1 it grows as the policy gets worse.
 *
 * ```ts
 * import { gpg } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const batch = [[0, 1], [0, 0], [1, 1], [1, 1]].map(([group, accuracy]) => (
 *   { group, tokens: [5], rewards: { accuracy }, truncated: false, logProbs, oldLogProbs: logProbs }
 * ));
 * const { advantages, trace } = gpg.create().credit(batch);
 * if (trace?.alpha[0] !== 2 || advantages[0][0] !== 1) throw new Error("4 / (4 − 2) times 0.5 was expected");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { oneOf } from "./terms/options.ts";
import { perGroup } from "./terms/per_group.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { type Reward, totalReward } from "./terms/rewards.ts";
import { type BatchOptions, batchOptions, refuseBatch } from "./terms/shared_options.ts";
import { allEqual, deviations } from "./terms/statistics.ts";
import { reinforceSurrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode gpg}. Presets: `paper` (default), `verl`. */
export interface GpgOptions extends BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Factor on all advantages: responses over those in groups with signal, over non-zero rewards, or 1. */
  alpha?: "groups_with_signal" | "nonzero_rewards" | "none";
}

/** Rewarded responses over those that the rule counts; 1 if it counts none. */
function factor(rule: GpgOptions["alpha"], rewards: readonly Reward[], groups: readonly number[]): number {
  const signal = perGroup(rewards, groups, (present) => present.map(() => allEqual(present) ? 0 : 1));
  const counted = (rule === "nonzero_rewards" ? rewards : signal).filter(Boolean).length;
  return rule === "none" || counted === 0 ? 1 : rewards.filter((reward) => reward !== null).length / counted;
}

/** GPG. Needs groups of at least 2. The trace of its credit has `alpha`. */
export const gpg: AlgorithmModule<GpgOptions> = define<GpgOptions>({
  name: "gpg",
  title: "GPG, Group Policy Gradient",
  paper: { source: "arXiv 2504.02546", year: 2025 },
  family: "policy gradient",
  summary: "GRPO without ratio, clip, KL and standard deviation; a factor makes up for groups without signal.",
  options: {
    alpha: {
      default: "groups_with_signal",
      description: "factor on all advantages: responses over those in groups with signal, over non-zero rewards, or 1",
      source: "arXiv 2504.02546 (nonzero_rewards: verl)",
      check: oneOf(["groups_with_signal", "nonzero_rewards", "none"]),
    },
    ...batchOptions("token_mean", "arXiv 2504.02546; verl"),
  },
  presets: { verl: { alpha: "nonzero_rewards" } },
  refuse: refuseBatch,
  build: (options) => ({
    needs: { groupSize: 2 },
    credit: (batch) => {
      const rewards = batch.map((response) => totalReward(response, options.rewardWeights));
      const groups = batch.map((response) => response.group);
      const alpha = factor(options.alpha, rewards, groups);
      const credit = outcomeCredit(batch, perGroup(rewards, groups, deviations).map((value) => alpha * value), rewards);
      return { ...credit, trace: { ...credit.trace, alpha: Float64Array.of(alpha) } };
    },
    loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate: reinforceSurrogate }),
  }),
});
