/**
 * CISPO, clipped importance-sampling weight policy optimization (MiniMax-M1, arXiv 2506.13585 eq. 4–5).
 *
 * GRPO's clip takes the gradient away from tokens whose ratio has left the band; those are rare tokens such as "wait"
 * that reasoning turns on. CISPO cuts the weight instead: the loss is minus the held, cut ratio times A times the
 * log-prob, so every token keeps a gradient. No lower bound, no KL. `clipFraction` counts tokens with a cut weight.
 *
 * The cap has two meanings, both called `epsilon_high` elsewhere. `epsilonHigh` is the paper's and verl's: at most
 * 1 + epsilonHigh. `maxWeight` is the cap itself, as in TRL and ScaleRL. Traps: TRL's falls back to 0.2 where it is not
 * set, and every weight above becomes 0.2; the loss contains the log-prob, so its value says nothing about progress.
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
import { atLeast, orNull } from "./terms/options.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";
import { weightedSurrogate } from "./terms/weighted_surrogate.ts";

/** Options of {@linkcode cispo}. Presets: `paper` (default), `verl`, `trl`, `scalerl`. */
export interface CispoOptions extends TokenLossOptions {
  /** The weight is at least 1 − epsilonLow; `null`: no lower bound. */
  epsilonLow?: number | null;
  /** The weight is at most 1 + epsilonHigh; `null`: maxWeight caps. */
  epsilonHigh?: number | null;
  /** The weight is at most this; `null`: epsilonHigh caps. */
  maxWeight?: number | null;
}

const check = orNull(atLeast(0));
const bound = (at: number | null, description: string, source: string) => ({ default: at, description, source, check });

/** CISPO. Needs groups of at least 2; with one minibatch per rollout batch every weight is 1. */
export const cispo: AlgorithmModule<CispoOptions> = define<CispoOptions>({
  name: "cispo",
  title: "CISPO, clipped importance-sampling weight policy optimization",
  paper: { source: "arXiv 2506.13585", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: cuts the importance weight instead of clipping the update, so no token loses its gradient.",
  options: {
    epsilonLow: bound(null, "band: the weight is at least 1 − this; null: no lower bound", "arXiv 2506.13585 §3.1"),
    epsilonHigh: bound(0.2, "band: the weight is at most 1 + this; null: maxWeight caps", "verl; not in the paper"),
    maxWeight: bound(null, "the weight is at most this; null: epsilonHigh caps", "TRL's epsilon_high; ScaleRL uses 5"),
    ...tokenLossOptions("token_mean_per_group", "arXiv 2506.13585 eq. 4"),
  },
  presets: {
    // verl 0.10, examples/cispo_trainer: clip_ratio_low 10 (no bound), low_var_kl 0.001 in the loss.
    verl: { ddof: 1, stdEpsilon: 1e-6, aggregation: "token_mean", beta: 0.001 },
    // TRL 1.13 with the cap of its paper index, and use_bias_correction_kl.
    trl: { epsilonHigh: null, maxWeight: 5, ddof: 1, stdEpsilon: 1e-4, aggregation: "token_mean", kl: "k3_is" },
    // ScaleRL (arXiv 2510.13786), loss only. It scales by the batch's deviation after centring, and filters prompts.
    scalerl: { epsilonHigh: null, maxWeight: 5, scale: "batch" },
  },
  refuse: (options, explicit) =>
    (options.epsilonHigh === null) === (options.maxWeight === null)
      ? `options "epsilonHigh" (${options.epsilonHigh}) and "maxWeight" (${options.maxWeight}) are two names for one ` +
        "cap; set one of them, and the other to null"
      : refuseTokenLoss(options, explicit),
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
