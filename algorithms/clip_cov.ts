/**
 * Clip-Cov (The Entropy Mechanism of Reinforcement Learning, arXiv 2505.22617 eq. 12).
 *
 * GRPO, and a few tokens whose advantage and log-prob vary together, which make entropy collapse, learn nothing in
 * this step: 2 in 10 000 tokens, drawn from those whose covariance lies between 1 and 5 and whose ratio is not clipped
 * anyway. Covariance is taken over the tokens of a minibatch and not differentiated; a detached token has loss 0 and
 * still counts in every divisor.
 *
 * The draw can be repeated: a token's lot is a hash of `seed`, the training step (kept in the state), its prompt, the
 * response's token ids and its place (`terms/counter_hash.ts`); the greatest lots are drawn. It depends on nothing
 * else, so not on the order of the batch. Twins, the same response to the same prompt, share their lot. As in verl the
 * share is rounded down, but at least one token is drawn: in a small batch the true share is greater.
 *
 * ```ts
 * import { clipCov } from "@podium/rl/algorithms";
 *
 * const algorithm = clipCov.create({ covarianceLow: 0.4, share: 0.5 });
 * const sampled = (token: number, logProb: number, total: number) => ({
 *   ...{ group: 0, tokens: [token], rewards: { total }, truncated: false },
 *   ...{ logProbs: Float64Array.of(logProb), oldLogProbs: Float64Array.of(logProb) },
 * });
 * const batch = [sampled(5, -1, 1), sampled(6, -2, 0)];
 * const { advantages, state } = algorithm.credit(batch);
 * const { gradient } = algorithm.loss(batch.map((one, i) => ({ ...one, advantages: advantages[i] })), state);
 * if (gradient.filter(([slope]) => slope === 0).length !== 1) throw new Error("both stand out, one is detached");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { chosenLength } from "./terms/batch.ts";
import { tokenDraws } from "./terms/counter_hash.ts";
import { countOf, markedShare, markGreatest, shareOption, tokenCovariance } from "./terms/covariance.ts";
import { define } from "./terms/define.ts";
import { tokenRatio } from "./terms/ratios.ts";
import { type ClipOptions, clipOptions, refuseClip } from "./terms/shared_options.ts";
import { clippedSurrogate } from "./terms/surrogates.ts";
import { refuseTokenLoss, tokenLoss, type TokenLossOptions, tokenLossOptions } from "./terms/token_loss.ts";

/** Options of {@linkcode clipCov}. Presets: `paper` (default), `verl`. */
export interface ClipCovOptions extends ClipOptions, TokenLossOptions {
  /** Share of the minibatch's tokens that are detached; at least one is, if there is a candidate. */
  share?: number;
  /** Candidates have a covariance above this. */
  covarianceLow?: number;
  /** Candidates have a covariance below this. */
  covarianceHigh?: number;
  /** Seed of the lots. */
  seed?: number;
}

const bound = (value: number, side: string) => ({
  default: value,
  description: `candidates have a covariance of advantage and log-prob ${side} this, in nats`,
  source: "arXiv 2505.22617 §4.3; verl",
  check: { use: "a finite number", accepts: Number.isFinite },
});

const stepOf = (state: unknown) => (state as { step: number } | undefined)?.step ?? 0;

/** Clip-Cov. Needs groups of at least 2. */
export const clipCov: AlgorithmModule<ClipCovOptions> = define<ClipCovOptions>({
  name: "clip_cov",
  title: "Clip-Cov, detached tokens of high covariance",
  paper: { source: "arXiv 2505.22617", year: 2025 },
  family: "policy gradient",
  summary:
    "GRPO in which a few tokens drawn from those whose advantage and log-prob vary together, which make entropy " +
    "collapse, are left out of the step.",
  options: {
    share: shareOption("detached"),
    covarianceLow: bound(1, "above"),
    covarianceHigh: bound(5, "below"),
    seed: {
      default: 0,
      description: "seed of the draw",
      source: "Podium",
      check: { use: "a whole number from 0 to 4294967295", accepts: (value) => value === (value as number) >>> 0 },
    },
    ...clipOptions(1, "the authors' scripts, verl recipe/entropy: a ratio up to 2 passes"),
    ...tokenLossOptions("token_mean", "verl, where the authors published their code"),
  },
  presets: { verl: { epsilonLow: 0.2, epsilonHigh: 0.2, ddof: 1, stdEpsilon: 1e-6 } },
  refuse: (options, explicit) => {
    const { covarianceLow, covarianceHigh } = options;
    if (covarianceLow >= covarianceHigh) {
      return `option "covarianceLow" is ${covarianceLow}, not below covarianceHigh (${covarianceHigh}), so that no ` +
        "token is a candidate; use a smaller covarianceLow or a greater covarianceHigh";
    }
    return refuseClip(options) ?? refuseTokenLoss(options, explicit);
  },
  build: (options) => {
    const { share, covarianceLow, covarianceHigh, seed } = options;
    const clipped = clippedSurrogate(options);
    const algorithm = tokenLoss(options, (batch, state) => {
      const covariance = tokenCovariance(batch);
      const lots = batch.map((response, i) => {
        const { logProbs, oldLogProbs, advantages } = response, ratio = tokenRatio(response).values;
        return tokenDraws(response, seed, stepOf(state)).map((lot, t) => {
          const token = { logProb: logProbs[t], oldLogProb: oldLogProbs[t], ratio: ratio[t], advantage: advantages[t] };
          const inBand = covariance[i][t] > covarianceLow && covariance[i][t] < covarianceHigh;
          return inBand && !clipped({ ...token, response: i, position: t }).clipped ? lot : null;
        });
      });
      const tokens = batch.reduce((sum, response) => sum + chosenLength(response), 0);
      const selected = markGreatest(lots, countOf(share, tokens));
      return {
        surrogate: (token) =>
          selected[token.response][token.position] ? { loss: 0, slope: 0, clipped: false } : clipped(token),
        metrics: { detachedFraction: markedShare(selected, batch) },
        trace: { covariance, selected },
      };
    });
    return {
      ...algorithm,
      credit: (batch, state) => ({ ...algorithm.credit(batch), state: { step: stepOf(state) + 1 } }),
    };
  },
});
