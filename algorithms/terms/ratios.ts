/**
 * Importance ratios between the trained policy and the old one, and how a derivative passes back through them.
 *
 * @module
 */

import type { Credited, Response, Row } from "../algorithm.ts";
import { chosenLength, isChosen } from "./batch.ts";

/** Ratio of one response, per token. */
export interface Ratio {
  /** Ratio that each token is judged by; 1 on tokens the policy did not choose. */
  values: Row;
  /** The ratio of the whole response, where it is shared by all its tokens. */
  sequence?: number;
  /** From d loss / d log ratio of each token to d loss / d log-prob of each token. */
  backward(slopes: Row): Row;
}

/** A way to form {@linkcode Ratio}; most look at the log-probs only. */
export type RatioOf = (response: Credited) => Ratio;

/** `exp(logProb − oldLogProb)` of each token: exactly 1 on policy. */
export function tokenRatio(response: Response): Ratio {
  const { logProbs, oldLogProbs } = response, values = new Float64Array(logProbs.length);
  for (let t = 0; t < values.length; t++) {
    values[t] = isChosen(response, t) ? Math.exp(logProbs[t] - oldLogProbs[t]) : 1;
  }
  return { values, backward: (slopes) => slopes };
}

/** `Σ(logProb − oldLogProb)`: the log of the ratio of the probabilities of the whole response. */
export function sequenceLogRatio(response: Response): number {
  let sum = 0;
  for (let t = 0; t < response.logProbs.length; t++) {
    if (isChosen(response, t)) sum += response.logProbs[t] - response.oldLogProbs[t];
  }
  return sum;
}

/** One ratio for all tokens: `exp` of `share` times the summed log-ratio; `share` is also its derivative per token. */
function shared(response: Response, share: number): Ratio {
  const sequence = Math.exp(share * sequenceLogRatio(response));
  return {
    sequence,
    values: response.logProbs.map((_, t) => isChosen(response, t) ? sequence : 1),
    backward: (slopes) => {
      const slope = share * slopes.reduce((sum, value) => sum + value, 0);
      return slopes.map((_, t) => isChosen(response, t) ? slope : 0);
    },
  };
}

/** Ratio of the probabilities of the whole response, `exp(Σ(logProb − oldLogProb))`: TRL's RLOO. */
export function sequenceRatio(response: Response): Ratio {
  return shared(response, 1);
}

/** Geometric mean of the token ratios, `exp(mean(logProb − oldLogProb))`: GSPO (arXiv 2507.18071 eq. 7). */
export function lengthNormalisedSequenceRatio(response: Response): Ratio {
  return shared(response, 1 / Math.max(1, chosenLength(response)));
}

/**
 * The value of {@linkcode lengthNormalisedSequenceRatio} on every token, but each token passes back its own slope
 * only: GSPO-token (arXiv 2507.18071 eq. 14), `sg[s] · exp(logProb − sg[logProb])`.
 */
export function sequenceTokenRatio(response: Response): Ratio {
  return { ...lengthNormalisedSequenceRatio(response), backward: (slopes) => slopes };
}
