/**
 * CISPO, clipped importance-sampling weight policy optimization (MiniMax-M1, arXiv 2506.13585 eq. 4–5).
 *
 * GRPO's clip takes the gradient away from tokens whose ratio has left the band; those are rare tokens such as "wait"
 * that reasoning turns on. CISPO cuts the weight instead: the loss is minus the held, cut ratio times A times the
 * log-prob, so every token keeps a gradient. No lower bound, no KL. `clipFraction` counts tokens with a cut weight.
 *
 * The cap has two meanings in use, with the same name elsewhere and two names here. `epsilonHigh` is the band of the
 * paper and of verl: at most 1 + epsilonHigh. `maxWeight` is the cap itself: TRL's `epsilon_high`, ScaleRL's 5. Trap:
 * TRL's falls back to 0.2 where it is not set, and every weight of 0.2 and more becomes 0.2. The paper does not print
 * its epsilonHigh. The loss contains the log-prob, so its value says nothing about progress.
 *
 * ```ts
 * import { cispo } from "@podium/rl/algorithms";
 *
 * const algorithm = cispo.create({ epsilonHigh: null, maxWeight: 5 });
 * const response = { group: 0, tokens: [5], rewards: {}, truncated: false, advantages: Float64Array.of(1) };
 * const logProbs = { logProbs: Float64Array.of(Math.log(0.9)), oldLogProbs: Float64Array.of(Math.log(0.1)) };
 * const { gradient } = algorithm.loss([{ ...response, ...logProbs }]); // ratio 9, where GRPO's gradient is 0
 * if (gradient[0][0] !== -5) throw new Error("unexpected gradient");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { above, atLeast, orNull } from "./terms/options.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";
import { weightedSurrogate } from "./terms/weighted_surrogate.ts";

/** Options of {@linkcode cispo}. Presets: `paper` (default), `verl`, `trl`, `scalerl`. */
export interface CispoOptions extends TokenLossOptions {
  /** Lower end of the band: the weight is at least 1 − epsilonLow; `null`: no lower bound. */
  epsilonLow?: number | null;
  /** Upper end of the band: the weight is at most 1 + epsilonHigh; `null`: {@linkcode CispoOptions.maxWeight} caps. */
  epsilonHigh?: number | null;
  /** The weight is at most this; `null`: {@linkcode CispoOptions.epsilonHigh} caps. */
  maxWeight?: number | null;
}

/** CISPO. Needs groups of at least 2; with one minibatch per rollout batch every weight is 1. */
export const cispo: AlgorithmModule<CispoOptions> = define<CispoOptions>({
  name: "cispo",
  title: "CISPO, clipped importance-sampling weight policy optimization",
  paper: { source: "arXiv 2506.13585", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: cuts the importance weight and holds it instead of clipping the update, so that no token " +
    "loses its gradient.",
  options: {
    epsilonLow: {
      default: null,
      description: "band: the weight is at least 1 − epsilonLow; null: no lower bound",
      source: "arXiv 2506.13585 §3.1",
      check: orNull(atLeast(0)),
    },
    epsilonHigh: {
      default: 0.2,
      description: "band: the weight is at most 1 + epsilonHigh; null: maxWeight caps",
      source: "verl's CISPO example; the paper does not print its value",
      check: orNull(atLeast(0)),
    },
    maxWeight: {
      default: null,
      description: "the weight is at most this (TRL's epsilon_high); null: epsilonHigh caps",
      source: "TRL 1.13; ScaleRL uses 5",
      check: orNull(above(0)),
    },
    ...tokenLossOptions("token_mean_per_group", "arXiv 2506.13585 eq. 4 (the mean is inside the expectation)"),
  },
  presets: {
    // verl 0.10, examples/cispo_trainer: clip_ratio_low 10 (no bound), low_var_kl 0.001 in the loss.
    verl: { ddof: 1, stdEpsilon: 1e-6, aggregation: "token_mean", beta: 0.001 },
    // TRL 1.13 with the cap of its paper index.
    trl: { epsilonHigh: null, maxWeight: 5, ddof: 1, stdEpsilon: 1e-4, aggregation: "token_mean" },
    // ScaleRL (arXiv 2510.13786), loss only. It scales by the batch's deviation after centring, and filters prompts.
    scalerl: { epsilonHigh: null, maxWeight: 5, scale: "batch" },
  },
  refuse: (options, explicit) => {
    const { epsilonHigh, maxWeight } = options;
    if (epsilonHigh !== null && maxWeight !== null) {
      return `options "epsilonHigh" (${epsilonHigh}, a cap at ${1 + epsilonHigh}) and "maxWeight" (${maxWeight}) are ` +
        "two names for one cap; set one of them to null";
    }
    if (epsilonHigh === null && maxWeight === null) {
      return 'options "epsilonHigh" and "maxWeight" are both null, which leaves the weight without a cap; set one';
    }
    return refuseTokenLoss(options, explicit);
  },
  build: (options) => {
    const low = options.epsilonLow === null ? 0 : 1 - options.epsilonLow;
    const high = options.maxWeight ?? 1 + options.epsilonHigh!;
    const surrogate = weightedSurrogate(({ ratio }) => {
      const weight = Math.min(Math.max(ratio, low), high);
      return { weight, clipped: weight !== ratio };
    });
    return tokenLoss(options, () => ({ surrogate }));
  },
});
