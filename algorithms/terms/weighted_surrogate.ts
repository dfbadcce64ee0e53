/**
 * Policy gradient with a held weight: the ratio, cut or switched off, scales the gradient but is not differentiated.
 *
 * @module
 */

import type { Surrogate, Token } from "./surrogates.ts";

/** Weight of one token. */
export interface HeldWeight {
  /** Factor of the token's gradient. */
  weight: number;
  /** True if the weight is not the ratio; counted in the metric `clipFraction`. */
  clipped: boolean;
}

/**
 * `−sg(weight) · A · logProb` (CISPO, arXiv 2506.13585 eq. 4). Every token with a weight above 0 keeps a gradient,
 * `−weight · A`. The value contains the log-prob itself, so it says nothing about progress.
 */
export function weightedSurrogate(weigh: (token: Token) => HeldWeight): Surrogate {
  return (token) => {
    if (token.advantage === 0) return { loss: 0, slope: 0, clipped: false };
    const { weight, clipped } = weigh(token);
    const slope = weight === 0 ? 0 : -weight * token.advantage;
    return { loss: slope * token.logProb, slope, clipped };
  };
}
