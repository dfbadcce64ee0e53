/**
 * DPPO, divergence proximal policy optimization (arXiv 2602.04879), in its binary form.
 *
 * GRPO's clip judges a token by its ratio, which is harsh on rare tokens (0.001 to 0.002 is a ratio of 2 and moves
 * nothing) and blind for frequent ones (0.99 to 0.8 passes). DPPO judges it by how far the distribution has moved,
 * estimated from the sampled token against all others together: total variation or KL. A token is dropped if that is
 * above the threshold *and* the update would move it further away. The rest is policy gradient, weighted by the held
 * ratio, cut at 20.
 *
 * The thresholds are divergences, not the width of a ratio band, though verl calls them `clip_ratio` and TRL, whose
 * experimental trainer of 2026 is gone in 1.13, `epsilon`. The paper measures against the policy that sampled, and so
 * does Podium, whose sampler and trainer are one.
 * The top-K form is not here: it needs the log-probs of K tokens per position.
 *
 * ```ts
 * import { dppo } from "@podium/rl/algorithms";
 *
 * const algorithm = dppo.create();
 * const loss = (probability: number, old: number) => algorithm.loss([{
 *   ...{ group: 0, tokens: [5], rewards: {}, truncated: false, advantages: Float64Array.of(1) },
 *   ...{ logProbs: Float64Array.of(Math.log(probability)), oldLogProbs: Float64Array.of(Math.log(old)) },
 * }]);
 * if (loss(0.3, 0.1).metrics.clipFraction !== 1) throw new Error("moved by 0.2: dropped");
 * if (loss(0.03, 0.01).metrics.clipFraction !== 0) throw new Error("the same ratio, moved by 0.02: kept");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { isChosen } from "./terms/batch.ts";
import { type BinaryDivergence, binaryDivergence, binaryDivergences } from "./terms/binary_divergence.ts";
import { define } from "./terms/define.ts";
import { above, atLeast, oneOf, orNull } from "./terms/options.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";
import { weightedSurrogate } from "./terms/weighted_surrogate.ts";

/** Options of {@linkcode dppo}. Presets: `paper` (default), `trl`, `verl`. */
export interface DppoOptions extends TokenLossOptions {
  /** Total variation, or KL in nats, of {sampled token, any other}. */
  divergence?: BinaryDivergence;
  /** Greatest divergence of a token that became less likely; `null`: 0.15 for tv, 0.05 for kl. */
  thresholdLow?: number | null;
  /** Greatest divergence of a token that became more likely; `null`: 0.15 for tv, 0.05 for kl. */
  thresholdHigh?: number | null;
  /** The held ratio is cut at this. */
  maxWeight?: number;
}

const RECOMMENDED = { tv: 0.15, kl: 0.05 } as const;
const threshold = (which: string) => ({
  default: null,
  description: `greatest divergence of a token that became ${which} likely; null: 0.15 for tv, 0.05 for kl (nats)`,
  source: "arXiv 2602.04879, as verl and TRL's former trainer quote it",
  check: orNull(atLeast(0)),
});

/** DPPO. Needs groups of at least 2; with one minibatch per rollout batch no token is dropped. */
export const dppo: AlgorithmModule<DppoOptions> = define<DppoOptions>({
  name: "dppo",
  title: "DPPO, divergence proximal policy optimization (binary)",
  paper: { source: "arXiv 2602.04879", year: 2026 },
  family: "policy gradient",
  summary: "Against GRPO: drops a token by how far its distribution has moved instead of by its ratio, so that rare " +
    "tokens keep learning and frequent ones can't jump.",
  options: {
    divergence: {
      default: "tv",
      description: "binary total variation |p − p_old|, or binary KL(old || new)",
      source: "TRL's former trainer",
      check: oneOf(binaryDivergences),
    },
    thresholdLow: threshold("less"),
    thresholdHigh: threshold("more"),
    maxWeight: {
      default: 20,
      description: "the held ratio is cut at this (TRL and verl: clip_ratio_c)",
      source: "arXiv 2602.04879 §5.4; TRL and verl",
      check: above(0),
    },
    ...tokenLossOptions("token_mean", "TRL and verl"),
  },
  presets: { trl: { ddof: 1, stdEpsilon: 1e-4 }, verl: { ddof: 1, stdEpsilon: 1e-6 } },
  refuse: refuseTokenLoss,
  build: (options) => {
    const { divergence, maxWeight } = options;
    const low = options.thresholdLow ?? RECOMMENDED[divergence],
      high = options.thresholdHigh ?? RECOMMENDED[divergence];
    const isValid = (logProb: number, oldLogProb: number, advantage: number) =>
      binaryDivergence(divergence, logProb, oldLogProb) <= (advantage > 0 ? high : low) ||
      (advantage > 0 ? logProb <= oldLogProb : logProb >= oldLogProb);
    const surrogate = weightedSurrogate(({ logProb, oldLogProb, ratio, advantage }) =>
      isValid(logProb, oldLogProb, advantage)
        ? { weight: Math.min(ratio, maxWeight), clipped: ratio > maxWeight }
        : { weight: 0, clipped: true }
    );
    return tokenLoss(options, (batch) => ({
      surrogate,
      trace: {
        valid: batch.map((response) =>
          response.logProbs.map((logProb, t) =>
            isChosen(response, t) && isValid(logProb, response.oldLogProbs[t], response.advantages[t]) ? 1 : 0
          )
        ),
      },
    }));
  },
});
