/**
 * Lite PPO (Part I: Tricks or Traps?, arXiv 2508.08221).
 *
 * Against GRPO two things change, and the paper finds that they are enough: the deviation from the group mean is
 * divided by the standard deviation of the *batch*, not of the group, because the latter is unstable where rewards of
 * a group are almost equal; and the loss is a mean over all tokens of the batch. No KL, no filter, no length term.
 *
 * The standard deviation is that of the raw rewards, which includes how prompts differ from each other: the advantages
 * of a batch have a standard deviation below 1. The paper prints neither ddof nor eps; preset `trl` has TRL's.
 *
 * ```ts
 * import { litePpo } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const response = { tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const { advantages } = litePpo.create().credit([
 *   { ...response, group: 0, rewards: { accuracy: 1 } },
 *   { ...response, group: 0, rewards: { accuracy: 0 } },
 *   { ...response, group: 1, rewards: { accuracy: 1 } },
 *   { ...response, group: 1, rewards: { accuracy: 0 } },
 * ]);
 * if (advantages[0][0] !== 1 || advantages[1][0] !== -1) throw new Error("0.5 / 0.5 was expected");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode litePpo}. Presets: `paper` (default), `trl`. */
export type LitePpoOptions = GroupRelativeOptions;

/** Lite PPO. Needs groups of at least 2; no reference policy unless `beta` is set. */
export const litePpo: AlgorithmModule<LitePpoOptions> = define<LitePpoOptions>({
  name: "lite_ppo",
  title: "Lite PPO",
  paper: { source: "arXiv 2508.08221", year: 2025 },
  family: "policy gradient",
  summary: "GRPO with the standard deviation of the batch instead of the group's and a mean over all tokens; no KL.",
  options: {
    ...scaleOptions("batch", 0, 0, "arXiv 2508.08221 (ddof and eps not given: the formula as printed)"),
    ...clipOptions(0.2, "not given in arXiv 2508.08221; TRL and verl"),
    ...lossKlOptions(0, "arXiv 2508.08221"),
    ...batchOptions("token_mean", "arXiv 2508.08221"),
  },
  // TRL 1.13: scale_rewards "batch", loss_type "dapo", use_bias_correction_kl.
  presets: { trl: { ddof: 1, stdEpsilon: 1e-4, kl: "k3_is" } },
  refuse: refuseGroupRelative,
  build: groupRelative,
});
