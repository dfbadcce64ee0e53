/**
 * SAPO, soft adaptive policy optimization (Qwen, arXiv 2511.20347).
 *
 * GRPO's clip is a hard gate: inside the band a token counts fully, outside not at all. SAPO's is a sigmoid around
 * ratio 1: the gradient's weight is 4σ(1 − σ) · ratio with σ = sigmoid(τ(ratio − 1)). It is 1 on policy and fades on
 * both sides, for both signs of the advantage. Tokens of bad responses fade faster (τ 1.05 against 1), because pushing
 * one token down lifts all the others at once. Token means, then the mean over responses, as in GRPO.
 *
 * The loss is offset (the gate is 2/τ at ratio 1), not to be compared with GRPO's. Nothing is ever clipped.
 *
 * ```ts
 * import { sapo } from "@podium/rl/algorithms";
 *
 * const algorithm = sapo.create();
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], rewards: {}, truncated: false, logProbs, oldLogProbs: logProbs };
 * const { loss, gradient } = algorithm.loss([{ ...response, advantages: Float64Array.of(1) }]);
 * if (loss !== -2 || gradient[0][0] !== -1) throw new Error("unexpected loss");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { above } from "./terms/options.ts";
import type { Surrogate } from "./terms/surrogates.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";

/** Options of {@linkcode sapo}. Presets: `paper` (default), `trl`, `verl`. */
export interface SapoOptions extends TokenLossOptions {
  /** Temperature of the gate for positive advantages; greater is narrower. */
  tauPositive?: number;
  /** The same for negative advantages. */
  tauNegative?: number;
}

/** `−(4/τ) · sigmoid(τ(ratio − 1)) · A`. */
function gatedSurrogate(tauPositive: number, tauNegative: number): Surrogate {
  return ({ ratio, advantage }) => {
    if (advantage === 0) return { loss: 0, slope: 0, clipped: false };
    const tau = advantage > 0 ? tauPositive : tauNegative;
    const x = tau * (ratio - 1);
    // 4σ(1 − σ) written so that a huge ratio gives 0 and not infinity times 0.
    const fading = 1 / Math.cosh(x / 2) ** 2;
    return {
      loss: -4 / (tau * (1 + Math.exp(-x))) * advantage,
      slope: fading === 0 ? 0 : -fading * ratio * advantage,
      clipped: false,
    };
  };
}

const temperature = (value: number, sign: string) => ({
  default: value,
  description: `temperature of the gate for ${sign} advantages; greater is narrower`,
  source: "arXiv 2511.20347; TRL and verl",
  check: above(0),
});

/** SAPO. Needs groups of at least 2; with one minibatch per rollout batch the gate is always open. */
export const sapo: AlgorithmModule<SapoOptions> = define<SapoOptions>({
  name: "sapo",
  title: "SAPO, soft adaptive policy optimization",
  paper: { source: "arXiv 2511.20347", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: a sigmoid gate instead of the hard clip; off-policy tokens fade, those of bad ones faster.",
  options: {
    tauPositive: temperature(1, "positive"),
    tauNegative: temperature(1.05, "negative"),
    ...tokenLossOptions("seq_mean_token_mean", "arXiv 2511.20347"),
  },
  presets: { trl: { ddof: 1, stdEpsilon: 1e-4, kl: "k3_is" }, verl: { ddof: 1, stdEpsilon: 1e-6 } },
  refuse: refuseTokenLoss,
  build: (options) => {
    const surrogate = gatedSurrogate(options.tauPositive, options.tauNegative);
    return tokenLoss(options, () => ({ surrogate }));
  },
});
