/**
 * VESPO, Variational Sequence-Level Soft Policy Optimization (arXiv 2602.10693).
 *
 * Against GRPO: no clip. The policy gradient of a response is scaled by a smooth weight φ(W) = W^k · e^(λ(1−W)) of
 * W, the product of its token ratios, not normalised by length. φ is 1 on policy and falls to 0 far from it on both
 * sides; k and λ differ for good and bad responses. φ is held fixed, so the gradient is that of −φ · A · log-prob. Made for stale and
 * asynchronous rollouts.
 *
 * Traps: W is a product over all tokens, so for long responses it leaves the neighbourhood of 1 quickly and φ is nearly
 * 0. The loss is no measure of anything: it contains the log-prob itself. Left out: TRL's clamp of the summed
 * log-ratios to [ln 1e-8, 20], where φ is below 1e-14 with and without it.
 *
 * ```ts
 * import { vespo } from "@podium/rl/algorithms";
 *
 * const oldLogProbs = Float64Array.of(-1, -1), logProbs = Float64Array.of(-1, -1 + Math.log(2));
 * const response = { group: 0, tokens: [5, 6], rewards: {}, truncated: false, oldLogProbs, logProbs };
 * const { trace } = vespo.create().loss([{ ...response, advantages: Float64Array.of(1, 1) }]);
 * const [phi] = trace.phi[0] as Float64Array; // 2² · e^(3 (1 − 2))
 * if (Math.abs(phi - 4 * Math.exp(-3)) > 1e-12) throw new Error("unexpected weight");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { above } from "./terms/options.ts";
import { sequenceLogRatio } from "./terms/ratios.ts";
import { sequenceWeight, type SequenceWeightShape } from "./terms/sequence_weight.ts";
import type { Token } from "./terms/surrogates.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";
import { weightedSurrogate } from "./terms/weighted_surrogate.ts";

/** Options of {@linkcode vespo}. Presets: `paper` (default), `trl`. */
export type VespoOptions = TokenLossOptions & Partial<SequenceWeightShape>;

const weight = (value: number, name: string, sign: string) => ({
  default: value,
  description: `${name} of the weight W^k · e^(λ(1−W)) where the advantage is ${sign}`,
  source: "TRL 1.13 (arXiv 2602.10693)",
  check: above(0),
});

/** VESPO. Needs groups of at least 2; no reference policy unless `beta` is set. */
export const vespo: AlgorithmModule<VespoOptions> = define<VespoOptions>({
  name: "vespo",
  title: "VESPO, Variational Sequence-Level Soft Policy Optimization",
  paper: { source: "arXiv 2602.10693", year: 2026 },
  family: "policy gradient",
  summary: "Against GRPO: no clip; a smooth weight of the whole response's product ratio scales its policy gradient " +
    "and vanishes far from the old policy.",
  options: {
    kPositive: weight(2, "k", "not negative"),
    lambdaPositive: weight(3, "λ", "not negative"),
    kNegative: weight(3, "k", "negative"),
    lambdaNegative: weight(2, "λ", "negative"),
    ...tokenLossOptions("token_mean", "TRL 1.13"),
  },
  presets: {
    // TRL 1.13: loss_type "vespo", use_bias_correction_kl.
    trl: { ddof: 1, stdEpsilon: 1e-4, kl: "k3_is" },
  },
  refuse: refuseTokenLoss,
  build: (options) =>
    tokenLoss(options, (batch) => {
      const phi = batch.map((response) => {
        const logRatio = sequenceLogRatio(response);
        return response.advantages.map((advantage) => sequenceWeight(logRatio, advantage, options));
      });
      const weigh = (token: Token) => ({ weight: phi[token.response][token.position], clipped: false });
      return { surrogate: weightedSurrogate(weigh), trace: { phi } };
    }),
});
