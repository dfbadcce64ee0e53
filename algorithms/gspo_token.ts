/**
 * GSPO-token, the token variant of GSPO (arXiv 2507.18071 eq. 13-14).
 *
 * Like GSPO, every token of a response is judged by the geometric mean s of the response's token ratios, where GRPO
 * judges it by its own. But the derivative stays with the token: its ratio is `sg[s] · exp(logProb − sg[logProb])`,
 * whose value is s and whose derivative to the token's log-prob is s. So tokens of a response may have advantages of
 * their own, as multi-turn tasks want, and some may be clipped where others are not.
 *
 * With one advantage per response value and gradient are GSPO's (verl's GSPO has this form). They differ with process
 * supervision, which credits a token with the steps that end at or after it, and with any other credit per token.
 * Traps: those of GSPO; and as s is held fixed, the gradient is then not the derivative of the value.
 *
 * ```ts
 * import { gspoToken } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-0.5, -1.5);
 * const response = { group: 0, tokens: [5, 6], rewards: {}, truncated: false, oldLogProbs: logProbs, logProbs };
 * const { gradient } = gspoToken.create().loss([{ ...response, advantages: Float64Array.of(1, -3) }]);
 * if (gradient[0][0] !== -0.5 || gradient[0][1] !== 1.5) throw new Error("unexpected gradient");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { oneOf } from "./terms/options.ts";
import { processCredit } from "./terms/process_credit.ts";
import { sequenceTokenRatio } from "./terms/ratios.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode gspoToken}. Presets: `paper` (default), `trl`, `verl`. */
export interface GspoTokenOptions extends GroupRelativeOptions {
  /** One advantage per response, or one per token from the rewards of its steps. */
  supervision?: "outcome" | "process";
}

/** GSPO-token. Needs groups of at least 2; a reference policy if `beta` is set, step rewards for process supervision. */
export const gspoToken: AlgorithmModule<GspoTokenOptions> = define<GspoTokenOptions>({
  name: "gspo_token",
  title: "GSPO-token",
  paper: { source: "arXiv 2507.18071", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: a token is judged by the ratio of its response, as in GSPO, but keeps a derivative and an " +
    "advantage of its own.",
  options: {
    supervision: {
      default: "outcome",
      description: "outcome: one advantage per response; process: per token, from the rewards of the steps to come",
      source: "arXiv 2507.18071 eq. 6; process: arXiv 2402.03300 §4.1.3",
      check: oneOf(["outcome", "process"]),
    },
    ...scaleOptions("group", 0, 0, "arXiv 2507.18071 eq. 6 (ddof and eps not given: the formula as printed)"),
    ...clipOptions(3e-4, "arXiv 2507.18071 §5.1", 4e-4),
    ...lossKlOptions(0, "arXiv 2507.18071 (left out)"),
    ...batchOptions("seq_mean_token_mean", "arXiv 2507.18071 eq. 13"),
  },
  presets: {
    // TRL 1.13, experimental: importance_sampling_level "sequence_token" with loss_type "grpo".
    trl: { ddof: 1, stdEpsilon: 1e-4 },
    // verl 0.10: loss_mode gspo.
    verl: { ddof: 1, stdEpsilon: 1e-6 },
  },
  refuse: (options, explicit) => {
    if (options.supervision === "process" && options.rewardWeights !== null) {
      return 'option "rewardWeights" is set, but process supervision learns from the steps; use supervision "outcome"';
    }
    return refuseGroupRelative(options, explicit);
  },
  build: (options) => {
    const algorithm = groupRelative(options, sequenceTokenRatio);
    if (options.supervision === "outcome") return algorithm;
    return {
      ...algorithm,
      needs: { ...algorithm.needs, steps: true },
      credit: (batch) => processCredit(batch, options),
    };
  },
});
