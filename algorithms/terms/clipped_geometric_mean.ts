/**
 * The ratio of GMPO: a geometric mean whose factors are clipped one by one, in log space.
 *
 * @module
 */

import type { Credited } from "../algorithm.ts";
import { chosenLength, isChosen } from "./batch.ts";
import type { Ratio } from "./ratios.ts";

/** Whether a log-ratio has left the band on the side where its advantage would still push it outwards. */
export function isLogRatioClipped(logRatio: number, advantage: number, low: number, high: number): boolean {
  return advantage > 0 ? logRatio > high : advantage < 0 && logRatio < -low;
}

/**
 * Geometric mean of token ratios that are clipped one by one, in log space, on the side that the sign of the token's
 * advantage A names: `min(log ratio, high)` where A > 0, `max(log ratio, −low)` where A < 0 (GMPO, arXiv
 * 2507.20673). A clipped token passes nothing back, but stays in the mean.
 */
export function clippedGeometricMean(response: Credited, low: number, high: number): Ratio {
  const { logProbs, oldLogProbs, advantages } = response;
  const share = 1 / Math.max(1, chosenLength(response));
  const clipped = advantages.map((advantage, t) =>
    isChosen(response, t) && isLogRatioClipped(logProbs[t] - oldLogProbs[t], advantage, low, high) ? 1 : 0
  );
  let sum = 0;
  for (let t = 0; t < logProbs.length; t++) {
    if (!isChosen(response, t)) continue;
    sum += clipped[t] ? (advantages[t] > 0 ? high : -low) : logProbs[t] - oldLogProbs[t];
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
