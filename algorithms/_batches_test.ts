/**
 * Random batches for property tests; no tests of its own, but named as one so that it is not published.
 *
 * @module
 */

import fc from "fast-check";
import type { Algorithm, Credited, Loss, Response } from "./algorithm.ts";

const logProb = fc.double({ min: -4, max: -0.01, noNaN: true });
const shift = fc.double({ min: -0.6, max: 0.6, noNaN: true });

/** A token: log-prob, distance to the old and to the reference log-prob, and whether the policy chose it. */
const token = fc.record({ logProb, old: shift, reference: shift, mask: fc.constantFrom(1, 1, 1, 0) });

/** A response of up to 5 tokens in one of 3 groups, possibly empty, unrewarded or truncated. */
export const response: fc.Arbitrary<Response> = fc.record({
  group: fc.nat(2),
  tokens: fc.array(token, { maxLength: 5 }),
  reward: fc.oneof(
    { weight: 5, arbitrary: fc.double({ min: -2, max: 2, noNaN: true }).map((value) => Math.round(value * 100) / 100) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  truncated: fc.boolean(),
}).map(({ group, tokens, reward, truncated }) => ({
  group,
  tokens: tokens.map((_, t) => t),
  mask: tokens.map(({ mask }) => mask),
  rewards: { total: reward },
  truncated,
  logProbs: Float64Array.from(tokens, ({ logProb }) => logProb),
  oldLogProbs: Float64Array.from(tokens, ({ logProb, old }) => logProb + old),
  referenceLogProbs: Float64Array.from(tokens, ({ logProb, reference }) => logProb + reference),
}));

/** Up to 8 responses. */
export const batch: fc.Arbitrary<Response[]> = fc.array(response, { minLength: 1, maxLength: 8 });

/** Credit, then loss, on the whole batch. */
export function evaluate(algorithm: Algorithm, responses: readonly Response[]): Loss & { credited: Credited[] } {
  const { advantages, state } = algorithm.credit(responses);
  const credited = responses.map((response, i) => ({ ...response, advantages: advantages[i] }));
  return { ...algorithm.loss(credited, state), credited };
}

/** d loss / d log-prob of one token, by a five-point stencil. */
export function finiteDifference(algorithm: Algorithm, credited: readonly Credited[], i: number, t: number): number {
  const h = 1e-3;
  const at = (steps: number) => {
    const moved = credited.map((response, j) => {
      if (j !== i) return response;
      const logProbs = response.logProbs.slice();
      logProbs[t] += steps * h;
      return { ...response, logProbs };
    });
    return algorithm.loss(moved).loss;
  };
  return (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h);
}
