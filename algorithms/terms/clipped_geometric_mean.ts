/**
 * The ratio of GMPO: a geometric mean whose factors are clipped one by one, in log space.
 *
 * @module
 */

import type { Credited } from "../algorithm.ts";
import { chosenLength, isChosen } from "./batch.ts";
import type { Ratio } from "./ratios.ts";
import type { Surrogate } from "./surrogates.ts";

/** Bounds of a log-ratio, in nats. */
export interface LogClip {
  /** It is clipped from below at `−logClipLow` where A < 0. */
  logClipLow: number;
  /** It is clipped from above at `logClipHigh` where A > 0. */
  logClipHigh: number;
}

/** Whether a log-ratio has left the band on the side to which its advantage pushes it. */
function isClipped(logRatio: number, advantage: number, { logClipLow, logClipHigh }: LogClip): boolean {
  return advantage > 0 ? logRatio > logClipHigh : advantage < 0 && logRatio < -logClipLow;
}

/** `−A · ratio` for the ratio of {@linkcode clippedGeometricMean}, which passes nothing back to clipped tokens. */
export function geometricMeanSurrogate(clip: LogClip): Surrogate {
  return ({ logProb, oldLogProb, ratio, advantage }) => {
    const loss = advantage === 0 ? 0 : -advantage * ratio;
    return { loss, slope: loss, clipped: isClipped(logProb - oldLogProb, advantage, clip) };
  };
}

/**
 * Geometric mean of token ratios that are clipped one by one, in log space, on the side that the sign of the token's
 * advantage A names (GMPO, arXiv 2507.20673). A clipped token passes nothing back, but stays in the mean.
 */
export function clippedGeometricMean(response: Credited, clip: LogClip): Ratio {
  const { logProbs, oldLogProbs, advantages } = response;
  const share = 1 / Math.max(1, chosenLength(response));
  const clipped = advantages.map((advantage, t) =>
    isChosen(response, t) && isClipped(logProbs[t] - oldLogProbs[t], advantage, clip) ? 1 : 0
  );
  let sum = 0;
  for (let t = 0; t < logProbs.length; t++) {
    if (!isChosen(response, t)) continue;
    sum += clipped[t] ? (advantages[t] > 0 ? clip.logClipHigh : -clip.logClipLow) : logProbs[t] - oldLogProbs[t];
  }
  const sequence = Math.exp(share * sum);
  return {
    sequence,
    values: logProbs.map((_, t) => isChosen(response, t) ? sequence : 1),
    backward: (slopes) => {
      const slope = share * slopes.reduce((total, value) => total + value, 0);
      return slopes.map((_, t) => isChosen(response, t) && !clipped[t] ? slope : 0);
    },
  };
}
