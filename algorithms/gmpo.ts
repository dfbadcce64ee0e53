/**
 * GMPO, Geometric-Mean Policy Optimization (arXiv 2507.20673).
 *
 * Against GRPO: the mean over the tokens of a response is geometric instead of arithmetic, so that one outlying ratio
 * moves it little, and the clip may be wide. Each log-ratio is clipped on its own before the mean is taken, from above
 * where the advantage is positive and from below where it is negative. As long as no token is clipped this is GSPO
 * without a clip; a clipped token loses its gradient, but its bound stays in the mean that the others are scaled by.
 *
 * Traps: the band is in log space, ratios of e^−0.4 to e^0.4; verl's `geo_mean` and TRL read their usual clip options
 * so, and verl's default of 0.2 (preset `verl`) is half the paper's. verl adds 1e-8 to the length, which is left out.
 *
 * ```ts
 * import { gmpo } from "@podium/rl/algorithms";
 *
 * const oldLogProbs = Float64Array.of(-1, -1), logProbs = Float64Array.of(-0.1, -1.4);
 * const response = { group: 0, tokens: [5, 6], rewards: {}, truncated: false, oldLogProbs, logProbs };
 * const { trace, gradient } = gmpo.create().loss([{ ...response, advantages: Float64Array.of(1, 1) }]);
 * const [mean] = trace.sequenceRatio; // e^((0.4 − 0.4) / 2), the first token being clipped at 0.4
 * if (Math.abs(mean - 1) > 1e-12 || gradient[0][0] !== 0) throw new Error("unexpected mean");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { tokenWeights } from "./terms/aggregation.ts";
import { clippedGeometricMean, geometricMeanSurrogate, type LogClip } from "./terms/clipped_geometric_mean.ts";
import { define } from "./terms/define.ts";
import { groupRelativeCredit } from "./terms/group_relative.ts";
import { atLeast } from "./terms/options.ts";
import { policyLoss } from "./terms/policy_loss.ts";
import { refuseTokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";

/** Options of {@linkcode gmpo}. Presets: `paper` (default), `trl`, `verl`. */
export type GmpoOptions = TokenLossOptions & Partial<LogClip>;

const clip = (description: string) => ({ default: 0.4, description, source: "arXiv 2507.20673 §4", check: atLeast(0) });

/** GMPO. Needs groups of at least 2; no reference policy unless `beta` is set. */
export const gmpo: AlgorithmModule<GmpoOptions> = define<GmpoOptions>({
  name: "gmpo",
  title: "GMPO, Geometric-Mean Policy Optimization",
  paper: { source: "arXiv 2507.20673", year: 2025 },
  family: "policy gradient",
  summary:
    "Against GRPO: a geometric instead of an arithmetic mean over the tokens of a response, of ratios that are " +
    "clipped one by one in log space; no KL.",
  options: {
    logClipLow: clip("a log-ratio is clipped from below at −logClipLow where the advantage is negative, in nats"),
    logClipHigh: clip("a log-ratio is clipped from above at logClipHigh where the advantage is positive, in nats"),
    ...tokenLossOptions("seq_mean_token_mean", "arXiv 2507.20673 (mean over responses)"),
  },
  presets: {
    // TRL 1.13, experimental GMPOTrainer with epsilon 0.4, as its documentation says.
    trl: { ddof: 1, stdEpsilon: 1e-4 },
    // verl 0.10: loss_mode geo_mean with the default clip_ratio.
    verl: { ddof: 1, stdEpsilon: 1e-6, logClipLow: 0.2, logClipHigh: 0.2 },
  },
  refuse: refuseTokenLoss,
  build: (options) => ({
    needs: { groupSize: 2, reference: options.beta > 0 },
    credit: (batch) => groupRelativeCredit(batch, options),
    loss: (batch) =>
      policyLoss(batch, {
        weights: tokenWeights(batch, options),
        ratio: (response) => clippedGeometricMean(response, options),
        surrogate: geometricMeanSurrogate(options),
        beta: options.beta,
        kl: options.kl,
      }),
  }),
});
