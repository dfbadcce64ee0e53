/**
 * GSPO, Group Sequence Policy Optimization (arXiv 2507.18071 eq. 5-7).
 *
 * Against GRPO: a reward is given to the whole response, so the whole response has one ratio: the geometric mean of its
 * token ratios. It is clipped as one, in a band of 3e-4 and 4e-4 instead of 0.2, so that far more tokens are cut than
 * by GRPO's clip. Made for mixtures of experts, where single token ratios jump when the routing changes.
 *
 * Traps: with one update per rollout batch every ratio is 1 and this is GRPO without a clip; the paper makes four
 * (setting `minibatches` of a suite). A band of 1e-4 needs log-probs in float32: noise of bfloat16 alone leaves it. Preset `trl_dapo`
 * is what TRL computes if only `importance_sampling_level="sequence"` is set: its default loss type counts the one loss
 * of a response once per token, so that long responses weigh more (TRL issue 3823). verl always takes the mean per
 * response, whatever its `loss_agg_mode`. With `kl` k3_is TRL multiplies by the response's ratio, Podium by the token's.
 *
 * ```ts
 * import { gspo } from "@podium/rl/algorithms";
 *
 * const oldLogProbs = Float64Array.of(-1, -1), logProbs = Float64Array.of(-0.5, -1.5);
 * const response = { group: 0, tokens: [5, 6], rewards: {}, truncated: false, oldLogProbs, logProbs };
 * const { trace, gradient } = gspo.create().loss([{ ...response, advantages: Float64Array.of(1, 1) }]);
 * const [ratio] = trace.sequenceRatio; // 1, though the token ratios are 1.65 and 0.61: nothing is clipped
 * if (ratio !== 1 || gradient[0].some((value) => value !== -0.5)) throw new Error("unexpected gradient");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { lengthNormalisedSequenceRatio } from "./terms/ratios.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode gspo}. Presets: `paper` (default), `trl`, `trl_dapo`, `verl`. */
export type GspoOptions = GroupRelativeOptions;

/** GSPO. Needs groups of at least 2; no reference policy unless `beta` is set. */
export const gspo: AlgorithmModule<GspoOptions> = define<GspoOptions>({
  name: "gspo",
  title: "GSPO, Group Sequence Policy Optimization",
  paper: { source: "arXiv 2507.18071", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: one ratio per response, the geometric mean of its token ratios, clipped as one in a narrow " +
    "band; no KL.",
  options: {
    ...scaleOptions("group", 0, 0, "arXiv 2507.18071 eq. 6 (ddof and eps not given: the formula as printed)"),
    ...clipOptions(3e-4, "arXiv 2507.18071 §5.1", 4e-4),
    ...lossKlOptions(0, "arXiv 2507.18071 (left out)"),
    ...batchOptions("seq_mean_token_mean", "arXiv 2507.18071 eq. 5 (mean over responses)"),
  },
  presets: {
    // TRL 1.13: importance_sampling_level "sequence" with loss_type "grpo", as its paper index says.
    trl: { ddof: 1, stdEpsilon: 1e-4 },
    // The same with TRL's default loss_type "dapo".
    trl_dapo: { ddof: 1, stdEpsilon: 1e-4, aggregation: "token_mean" },
    // verl 0.10: loss_mode gspo.
    verl: { ddof: 1, stdEpsilon: 1e-6 },
  },
  refuse: refuseGroupRelative,
  build: (options) => groupRelative(options, lengthNormalisedSequenceRatio),
});
