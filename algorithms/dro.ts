/**
 * DRO as verl and Tinker have it: policy gradient with a quadratic leash (after Direct Reward Optimisation,
 * arXiv 2405.19107, and Kimi k1.5, arXiv 2501.12599).
 *
 * Against GRPO there is no ratio in the loss and no clip. The loss per token is −(A · logProb − β/2 (logProb − old)²):
 * the further a token has moved since it was sampled, the harder it is pulled back, whatever its advantage. The pull
 * has no dead zone: it stops a good token where β(logProb − old) = A.
 *
 * What it is not: the 2024 paper is offline, learns a value function and squares the whole difference of reward, value
 * and log-ratio. The paper's β is the temperature τ of that square; verl has no default for its own, 0.1 here is a
 * choice. Groups with equal rewards teach nothing on policy, but their off-policy tokens are pulled back all the same.
 *
 * ```ts
 * import { dro } from "@podium/rl/algorithms";
 *
 * const algorithm = dro.create({ droBeta: 2 });
 * const response = { group: 0, tokens: [5], rewards: {}, truncated: false, advantages: Float64Array.of(1) };
 * const logProbs = { logProbs: Float64Array.of(-1), oldLogProbs: Float64Array.of(-1.5) };
 * const { gradient } = algorithm.loss([{ ...response, ...logProbs }]);
 * if (gradient[0][0] !== 0) throw new Error("moved by A/β: the pull balances the advantage");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { above } from "./terms/options.ts";
import type { Surrogate } from "./terms/surrogates.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";

/** Options of {@linkcode dro}. Presets: `paper` (default), `verl`. */
export interface DroOptions extends TokenLossOptions {
  /** Coefficient β of the squared log-ratio to the old policy. */
  droBeta?: number;
}

/** DRO. Needs groups of at least 2; with one minibatch per rollout batch nothing has moved and nothing is pulled. */
export const dro: AlgorithmModule<DroOptions> = define<DroOptions>({
  name: "dro",
  title: "DRO, policy gradient with a quadratic penalty on the log-ratio",
  paper: { source: "verl and Tinker, after arXiv 2405.19107", year: 2024 },
  family: "policy gradient",
  summary: "Against GRPO: no ratio and no clip; a quadratic penalty on the log-ratio to the old policy pulls every " +
    "token back.",
  options: {
    droBeta: {
      default: 0.1,
      description: "coefficient β of β/2 · (logProb − old)², per squared nat",
      source: "no default in verl (dro_beta must be set); Podium's choice",
      check: above(0),
    },
    ...tokenLossOptions("token_mean", "verl"),
  },
  presets: { verl: { ddof: 1, stdEpsilon: 1e-6 } },
  refuse: refuseTokenLoss,
  build: (options) => {
    const surrogate: Surrogate = ({ logProb, oldLogProb, advantage }) => {
      const moved = logProb - oldLogProb;
      return {
        loss: options.droBeta / 2 * moved * moved - advantage * logProb,
        slope: options.droBeta * moved - advantage,
        clipped: false,
      };
    };
    return tokenLoss(options, () => ({ surrogate }));
  },
});
