/**
 * LUSPO, Length-Unbiased Sequence Policy Optimization (arXiv 2602.05261).
 *
 * GSPO with the loss of each response multiplied by its length. GRPO and GSPO divide by |o|, so a token of a long
 * response moves the policy less than one of a short response. Without the division every token counts the same. The
 * gradient of one response is |o| times GSPO's, so learning rate and gradient clipping are not those of GSPO.
 *
 * Traps: the ratio is GSPO's, so with one update per rollout batch nothing is ever clipped. TRL's `loss_type="luspo"`
 * needs `importance_sampling_level="sequence"` beside it, and until 2026-08 it multiplied a loss that was already one
 * per token by the length again (TRL #6654).
 *
 * ```ts
 * import { luspo } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-0.5, -1.5);
 * const response = { group: 0, tokens: [5, 6], rewards: {}, truncated: false, oldLogProbs: logProbs, logProbs };
 * const { loss, gradient } = luspo.create().loss([{ ...response, advantages: Float64Array.of(3, 3) }]);
 * if (loss !== -6 || gradient[0][0] !== -3) throw new Error("unexpected gradient");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { lengthNormalisedSequenceRatio } from "./terms/ratios.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode luspo}. Presets: `paper` (default), `trl`. */
export type LuspoOptions = GroupRelativeOptions;

/** LUSPO. Needs groups of at least 2; no reference policy unless `beta` is set. */
export const luspo: AlgorithmModule<LuspoOptions> = define<LuspoOptions>({
  name: "luspo",
  title: "LUSPO, Length-Unbiased Sequence Policy Optimization",
  paper: { source: "arXiv 2602.05261", year: 2026 },
  family: "policy gradient",
  summary:
    "Against GRPO: GSPO's one ratio per response, and the loss of a response times its length, so that a token " +
    "of a long response counts as much as one of a short response.",
  options: {
    ...scaleOptions("group", 0, 0, "as GRPO, arXiv 2402.03300 §4.1.2"),
    ...clipOptions(2e-3, "arXiv 2602.05261 §5.1, as quoted by TRL", 2.5e-3),
    ...lossKlOptions(0, "TRL 1.13"),
    ...batchOptions("seq_mean_token_sum", "arXiv 2602.05261: |o| times the mean per response"),
  },
  presets: {
    // TRL 1.13: loss_type "luspo" with importance_sampling_level "sequence".
    trl: { ddof: 1, stdEpsilon: 1e-4 },
  },
  refuse: refuseGroupRelative,
  build: (options) => groupRelative(options, lengthNormalisedSequenceRatio),
});
