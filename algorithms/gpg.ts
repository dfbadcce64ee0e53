/**
 * GPG, Group Policy Gradient (arXiv 2504.02546).
 *
 * Against GRPO: the loss is the policy gradient itself, −A · log-prob, without ratio, clip, reference policy and
 * standard deviation. What is left of the group is its mean as baseline. Groups whose rewards are all equal contribute
 * nothing but still count in the token mean, so the gradient of the others would be too small; α = B / (B − M) makes
 * up for it, where B is the number of responses and M of those in groups without signal.
 *
 * Known trap, as preset `verl`: verl's α is B over the number of responses whose *reward* is not 0. That is the same
 * for 0/1 rewards only by accident, and 1 for ±1 rewards, whatever the groups. Responses without a reward count in
 * neither B nor M; if no group has signal, α is 1.
 *
 * ```ts
 * import { gpg } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const response = { tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const { advantages, trace } = gpg.create().credit([
 *   { ...response, group: 0, rewards: { accuracy: 1 } },
 *   { ...response, group: 0, rewards: { accuracy: 0 } },
 *   { ...response, group: 1, rewards: { accuracy: 1 } },
 *   { ...response, group: 1, rewards: { accuracy: 1 } },
 * ]);
 * if (trace?.alpha[0] !== 2 || advantages[0][0] !== 1) throw new Error("4 / (4 − 2) times 0.5 was expected");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { groupIndices } from "./terms/batch.ts";
import { groupAdvantage, outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import { oneOf } from "./terms/options.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { type Reward, totalReward } from "./terms/rewards.ts";
import { type BatchOptions, batchOptions, refuseBatch } from "./terms/shared_options.ts";
import { reinforceSurrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode gpg}. Presets: `paper` (default), `verl`. */
export interface GpgOptions extends BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Factor on all advantages: responses over those in groups with signal, over non-zero rewards, or 1. */
  alpha?: "groups_with_signal" | "nonzero_rewards" | "none";
}

/** Factor on all advantages, from the rewards and their deviations from the group means. */
function factor(rule: GpgOptions["alpha"], rewards: readonly Reward[], groups: readonly number[], centred: number[]) {
  const withSignal = groupIndices(groups).filter((members) => members.some((i) => centred[i] !== 0)).flat();
  const responses = rewards.filter((reward) => reward !== null);
  const counted = rule === "nonzero_rewards"
    ? responses.filter((reward) => reward !== 0)
    : withSignal.filter((i) => rewards[i] !== null);
  return rule === "none" || counted.length === 0 ? 1 : responses.length / counted.length;
}

/** GPG. Needs groups of at least 2. The trace of its credit has `alpha`. */
export const gpg: AlgorithmModule<GpgOptions> = define<GpgOptions>({
  name: "gpg",
  title: "GPG, Group Policy Gradient",
  paper: { source: "arXiv 2504.02546", year: 2025 },
  family: "policy gradient",
  summary:
    "Against GRPO: plain policy gradient without ratio, clip, KL and standard deviation; a factor makes up for " +
    "groups without signal.",
  options: {
    alpha: {
      default: "groups_with_signal",
      description: "factor on all advantages: B / (B − M) with M responses in groups without signal, B over the " +
        "number of non-zero rewards, or 1",
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
      const centred = groupAdvantage(rewards, groups, { scale: "none", ddof: 0, stdEpsilon: 0 });
      const alpha = factor(options.alpha, rewards, groups, centred);
      const credit = outcomeCredit(batch, centred.map((value) => alpha * value), rewards);
      return { ...credit, trace: { ...credit.trace, alpha: Float64Array.of(alpha) } };
    },
    loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate: reinforceSurrogate }),
  }),
});
