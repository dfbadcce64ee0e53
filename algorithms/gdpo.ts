/**
 * GDPO, Group reward-Decoupled Normalization Policy Optimization (arXiv 2601.05242).
 *
 * For several rewards. GRPO sums them and then normalises, which forgets which reward was earned: of two responses with
 * (0, 0) and (1, 1), or (0, 0) and (0, 1), the better one gets the same advantage. Against that, every reward is
 * normalised within its group on its own (eq. 4), weighted and summed (eq. 7), and the sums are standardised over the
 * batch (eq. 6). An easy reward can be conditioned on a hard one (eq. 8), which the paper finds a stronger lever than
 * weights. The rest is GRPO without KL.
 *
 * Traps: eq. 6 is over responses. `verl` whitens over tokens, so long responses dominate and a group without signal
 * gets a small advantage all the same; so does `nemo_loo`, whose leave-one-out scores do not sum to 0. A group of two
 * is not normalised by `nemo_loo` at all. Not reproduced: verl's raw reward as the advantage of a group of one.
 *
 * ```ts
 * import { gdpo } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const batch = [[0, 0], [1, 1]].map(([accuracy, format]) => ({ ...response, rewards: { accuracy, format } }));
 * const { advantages } = gdpo.create({ whitenLevel: "none" }).credit(batch);
 * if (Math.abs(advantages[1][0] - Math.SQRT2) > 1e-12) throw new Error("GRPO would give half of that");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import * as decoupled from "./terms/decoupled_credit.ts";
import { define } from "./terms/define.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import * as shared from "./terms/shared_options.ts";
import { clippedSurrogate } from "./terms/surrogates.ts";

/** Options of {@linkcode gdpo}. Presets: `paper` (default), `trl`, `verl`, `nemo`, `nemo_loo`. */
export interface GdpoOptions
  extends decoupled.DecoupledOptions, shared.ClipOptions, shared.LossKlOptions, shared.BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

/** GDPO. Needs groups of at least 2 and the channels that `rewardWeights` and `conditions` name. */
export const gdpo: AlgorithmModule<GdpoOptions> = define<GdpoOptions>({
  name: "gdpo",
  title: "GDPO, Group reward-Decoupled Normalization Policy Optimization",
  paper: { source: "arXiv 2601.05242", year: 2026 },
  family: "policy gradient",
  summary: "Against GRPO: normalises every reward channel within its group before summing them, so that different " +
    "combinations of rewards stay apart; then standardises over the batch.",
  options: {
    ...shared.clipOptions(0.2, "TRL and verl, which it was run with"),
    ...shared.lossKlOptions(0, "arXiv 2601.05242 §3 (KL dropped)"),
    ...shared.batchOptions("seq_mean_token_mean", "arXiv 2601.05242 eq. 3"),
    ...decoupled.decoupledOptions(),
  },
  presets: {
    // TRL 1.13: multi_objective_aggregation "normalize_then_sum", loss_type "dapo", use_bias_correction_kl.
    trl: { stdEpsilon: 1e-4, whitenEpsilon: 1e-4, kl: "k3_is", aggregation: "token_mean" },
    // verl 0.10: masked_whiten over tokens, rsqrt(var + 1e-8); clip_ratio_c 3.
    verl: { stdEpsilon: 1e-6, whitenLevel: "token", whitenEpsilon: 1e-8, aggregation: "token_mean", dualClip: 3 },
    // NeMo-RL as its recipe is shipped, and with its default use_leave_one_out_baseline.
    nemo: { stdEpsilon: 1e-6, aggregation: "token_mean" },
    nemo_loo: { baseline: "leave_one_out", stdEpsilon: 1e-6, aggregation: "token_mean" },
  },
  refuse: (options, explicit) =>
    decoupled.refuseDecoupled(options, explicit) ?? shared.refuseClip(options) ??
      shared.refuseLossKl(options, explicit) ??
      shared.refuseBatch(options),
  build: (options) => {
    const { beta, kl } = options;
    const surrogate = clippedSurrogate(options), channels = decoupled.namedChannels(options);
    return {
      needs: { groupSize: 2, reference: beta > 0, ...channels.length > 0 && { channels } },
      credit: (batch) => decoupled.decoupledCredit(batch, options),
      loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate, beta, kl }),
    };
  },
});
