/**
 * KL-Cov (The Entropy Mechanism of Reinforcement Learning, arXiv 2505.22617 eq. 14).
 *
 * Entropy falls by the covariance of advantage and log-prob, and a few tokens carry most of it: likely ones in good
 * responses. Against GRPO there is no clip, and no KL to a reference; instead the tokens with the greatest covariance
 * (2 in 10 000) pay for every step away from the old policy: coefficient times |log-ratio|.
 *
 * Covariance is taken over the tokens of a minibatch and not differentiated. As in verl the share is rounded down, but
 * at least one token is chosen: in a small batch the true share is greater. Unlike verl, ties with the last one chosen
 * are chosen too, and nothing is if all covariances are 0, where verl takes any. Traps: verl's configuration file sets
 * the coefficient to 0.1, its code falls back to 1; with one minibatch per rollout batch every log-ratio is 0.
 *
 * ```ts
 * import { klCov } from "@podium/rl/algorithms";
 *
 * const algorithm = klCov.create({ share: 0.5 });
 * const response = { group: 0, rewards: {}, truncated: false, oldLogProbs: Float64Array.of(-1) };
 * const { trace, gradient } = algorithm.loss([
 *   { ...response, tokens: [5], logProbs: Float64Array.of(-1), advantages: Float64Array.of(1) },
 *   { ...response, tokens: [6], logProbs: Float64Array.of(-2), advantages: Float64Array.of(1) },
 *   { ...response, tokens: [7], logProbs: Float64Array.of(-3), advantages: Float64Array.of(-1) },
 * ]);
 * if (gradient[2][0] >= 0 || [...trace.selected].join() !== "0,0,1") throw new Error("unlikely and bad: pulled back");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { isChosen } from "./terms/batch.ts";
import { countOf, markedShare, markGreatest, shareOption, tokenCovariance } from "./terms/covariance.ts";
import { define } from "./terms/define.ts";
import { atLeast } from "./terms/options.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";

/** Options of {@linkcode klCov}. Presets: `paper` (default), `paper_7b`, `verl`. */
export interface KlCovOptions extends TokenLossOptions {
  /** Share of the minibatch's tokens that are penalised; at least one is. */
  share?: number;
  /** Coefficient of |log-ratio| on these tokens. */
  coefficient?: number;
}

/** KL-Cov. Needs groups of at least 2; with one minibatch per rollout batch the penalty is 0. */
export const klCov: AlgorithmModule<KlCovOptions> = define<KlCovOptions>({
  name: "kl_cov",
  title: "KL-Cov, KL penalty on tokens of high covariance",
  paper: { source: "arXiv 2505.22617", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: no clip; the few tokens that make entropy collapse are held near the old policy.",
  options: {
    share: shareOption("penalised"),
    coefficient: {
      default: 1,
      description: "coefficient of |logProb − old| on these tokens",
      source: "arXiv 2505.22617 §4.3; verl ppo_kl_coef",
      check: atLeast(0),
    },
    ...tokenLossOptions("token_mean", "verl, where the authors published their code"),
  },
  presets: { paper_7b: { share: 2e-3 }, verl: { coefficient: 0.1, ddof: 1, stdEpsilon: 1e-6 } },
  refuse: refuseTokenLoss,
  build: (options) =>
    tokenLoss(options, (batch) => {
      const covariance = tokenCovariance(batch);
      const none = covariance.every((row) => row.every((value) => value === 0));
      const scores = covariance.map((row, i) => Array.from(row, (value, t) => isChosen(batch[i], t) ? value : null));
      const tokens = scores.flat().filter((score) => score !== null).length;
      const selected = markGreatest(scores, none ? 0 : countOf(options.share, tokens));
      return {
        surrogate: ({ logProb, oldLogProb, ratio, advantage, response, position }) => {
          const moved = logProb - oldLogProb, penalty = selected[response][position] * options.coefficient;
          const gain = advantage === 0 ? 0 : advantage * ratio;
          return { loss: penalty * Math.abs(moved) - gain, slope: penalty * Math.sign(moved) - gain, clipped: false };
        },
        metrics: { penalisedFraction: markedShare(selected, batch) },
        trace: { covariance, selected },
      };
    }),
});
