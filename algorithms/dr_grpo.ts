/**
 * Dr. GRPO, "GRPO done right" (Understanding R1-Zero-Like Training, arXiv 2503.20783).
 *
 * Removes two biases from GRPO. Dividing by |o| makes each token of a long wrong answer cost less than one of a short
 * one, so wrong answers grow; dividing by the group's standard deviation gives very easy and very hard prompts more
 * weight. Both divisions go, and so does the KL. The sum over tokens is divided by a constant instead, as in the
 * paper's listing 1: any constant gives the same direction, but it scales the gradient norm that clipping sees. Preset
 * `equation` is the formula as printed, without the constant.
 *
 * The advantage is (G−1)/G of RLOO's. Known trap, as preset `trl_index`: TRL's `loss_type="dr_grpo"` changes only the
 * divisor; unless `scale_rewards` is "none", the standard deviation stays.
 *
 * ```ts
 * import { drGrpo } from "@podium/rl/algorithms";
 *
 * const algorithm = drGrpo.create({ maxLength: 8 });
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const { advantages } = algorithm.credit([1, 0].map((total) => ({ ...response, rewards: { total } })));
 * if (advantages[0][0] !== 0.5 || advantages[1][0] !== -0.5) throw new Error("unexpected advantages");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode drGrpo}. Presets: `paper` (default), `equation`, `trl_index`, `verl`. */
export type DrGrpoOptions = GroupRelativeOptions;

/** Longest response of the paper's runs (table 6), for runners that give no budget. */
const PAPER_MAX_LENGTH = 3000;

/** Dr. GRPO. Needs groups of at least 2; no reference policy unless `beta` is set. */
export const drGrpo: AlgorithmModule<DrGrpoOptions> = define<DrGrpoOptions>({
  name: "dr_grpo",
  title: "Dr. GRPO",
  paper: { source: "arXiv 2503.20783", year: 2025 },
  family: "policy gradient",
  summary: "GRPO without the division by response length and by the group's standard deviation, which favour long " +
    "wrong answers and very easy or hard prompts; no KL.",
  options: {
    ...scaleOptions("none", 1, 1e-4, "arXiv 2503.20783; ddof and eps, if switched on: TRL"),
    ...clipOptions(0.2, "arXiv 2503.20783 table 6"),
    ...lossKlOptions(0, "arXiv 2503.20783 table 6"),
    ...batchOptions("seq_mean_token_sum_norm", "arXiv 2503.20783 listing 1"),
  },
  presets: {
    equation: { aggregation: "seq_mean_token_sum" },
    // TRL 1.13: use_bias_correction_kl.
    trl_index: { scale: "group", kl: "k3_is" },
    verl: { dualClip: 3 },
  },
  refuse: refuseGroupRelative,
  build: (options) => {
    const algorithm = groupRelative(options);
    const budgeted = <R extends { budget?: number }>(response: R) => ({ budget: PAPER_MAX_LENGTH, ...response });
    return { ...algorithm, loss: (batch) => algorithm.loss(batch.map(budgeted)) };
  },
});
