/**
 * Layer 3: the loss of one token and its derivative. Losses are minimised, so they carry a minus sign.
 *
 * @module
 */

/** What a surrogate may look at. */
export interface Token {
  /** Natural log-prob under the policy being trained. */
  logProb: number;
  /** The same under the old policy. */
  oldLogProb: number;
  /** Importance ratio of the token or of its sequence. */
  ratio: number;
  /** Advantage A of the token; a constant. */
  advantage: number;
  /** Index of the response in the batch. */
  response: number;
  /** Index of the token in its response. */
  position: number;
}

/** Loss of one token. */
export interface TokenLoss {
  /** The loss, to be minimised. */
  loss: number;
  /** d loss / d log ratio, which for a token ratio is d loss / d log-prob. */
  slope: number;
  /** True if clipping set the slope to 0. */
  clipped: boolean;
}

/** A rule for the loss of one token. */
export type Surrogate = (token: Token) => TokenLoss;

/** `−A · logProb`: the policy gradient itself, no ratio and no clip (Williams 1992). */
export function reinforceSurrogate({ logProb, advantage }: Token): TokenLoss {
  return { loss: advantage === 0 ? 0 : -advantage * logProb, slope: -advantage, clipped: false };
}

/** Bounds of {@linkcode clippedSurrogate}. */
export interface Clip {
  /** The ratio is clipped from below at `1 − epsilonLow`. */
  epsilonLow: number;
  /** The ratio is clipped from above at `1 + epsilonHigh`. */
  epsilonHigh: number;
  /** Dual clip c: where A < 0 the loss is at most `−c · A` (arXiv 1912.09729). `null`: none. */
  dualClip?: number | null;
  /** Two-sided clip δ: the unclipped branch uses `min(ratio, δ)` (INTELLECT-2, arXiv 2505.07291). `null`: none. */
  delta?: number | null;
}

/**
 * `−min(ratio · A, clip(ratio, 1 − εlow, 1 + εhigh) · A)` (arXiv 1707.06347 eq. 7).
 *
 * The slope is `−ratio · A` where the unclipped branch is the one taken, else 0: it dies for A > 0 above `1 + εhigh`
 * and for A < 0 below `1 − εlow`. On the other side only `dualClip` or `delta` bound it. An advantage of 0 gives
 * exactly 0, whatever the ratio.
 */
export function clippedSurrogate({ epsilonLow, epsilonHigh, dualClip = null, delta = null }: Clip): Surrogate {
  return ({ ratio, advantage }) => {
    if (advantage === 0) return { loss: 0, slope: 0, clipped: false };
    const capped = delta !== null && ratio > delta;
    const free = -advantage * (capped ? delta : ratio);
    const inBand = Math.min(Math.max(ratio, 1 - epsilonLow), 1 + epsilonHigh), bounded = -advantage * inBand;
    let loss = Math.max(free, bounded);
    // With delta inside the band, the bounded branch may be taken where it still has its slope.
    let clipped = bounded > free ? inBand !== ratio : capped;
    if (dualClip !== null && advantage < 0 && loss > -advantage * dualClip) {
      loss = -advantage * dualClip;
      clipped = true;
    }
    return { loss, slope: clipped ? 0 : -advantage * ratio, clipped };
  };
}
