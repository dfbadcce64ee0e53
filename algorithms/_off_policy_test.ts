/**
 * Random batches that are clearly off policy; no tests of its own, but named as one so that it is not published.
 *
 * `fc.double` draws evenly from the *representations* of numbers, most of which are next to 0: distances drawn with it
 * leave a batch all but on policy. These are drawn evenly from the numbers themselves.
 *
 * @module
 */

import fc from "fast-check";
import { batch } from "./_batches_test.ts";
import type { Response } from "./algorithm.ts";

/** As {@linkcode batch}, with log-ratios to the old and the reference policy even in ±0.6 and rewards even in ±2. */
export const offPolicy: fc.Arbitrary<Response[]> = fc.tuple(
  batch,
  fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 100, maxLength: 100 }),
).map(([responses, noise]) => {
  let next = 0;
  const draw = () => noise[next++ % noise.length] / 1000;
  return responses.map((response) => ({
    ...response,
    rewards: { total: response.rewards.total === null ? null : 2 * draw() },
    oldLogProbs: response.logProbs.map((logProb) => logProb + 0.6 * draw()),
    referenceLogProbs: response.logProbs.map((logProb) => logProb + 0.6 * draw()),
  }));
});
