/**
 * Random batches for property tests; no tests of its own, but named as one so that it is not published.
 *
 * @module
 */

import fc from "fast-check";
import type { Algorithm, Credited, Loss, Response } from "./algorithm.ts";

/**
 * Drawn evenly from a grid, not with `fc.double`: that draws evenly from the *representations* of numbers, most of which
 * are next to 0, and would leave a batch all but on policy.
 */
const number = (low: number, high: number, steps: number) =>
  fc.integer({ min: Math.round(low * steps), max: Math.round(high * steps) }).map((value) => value / steps);

const logProb = number(-4, -0.01, 1000);

/** Distance to the log-prob of another policy. */
const shift = number(-0.6, 0.6, 1000);

/** A token: log-prob, distances to other log-probs, values, and whether the policy chose it and it plans. */
const token = fc.record({
  logProb,
  old: shift,
  reference: shift,
  mask: fc.constantFrom(1, 1, 1, 0),
  planning: fc.constantFrom(0, 0, 1),
  value: number(-1, 1, 100),
  oldValue: number(-1, 1, 100),
  /** Reward of the step that ends here, if one does. */
  stepReward: fc.option(number(-1, 1, 100)),
});

/** Rewards of the greedy response of each group. */
const greedy = [0.5, -1, 1];

/** A response of up to 5 tokens in one of 3 groups, possibly empty, unrewarded or truncated. */
export const response: fc.Arbitrary<Response> = fc.record({
  group: fc.nat(2),
  tokens: fc.array(token, { maxLength: 5 }),
  reward: fc.oneof(
    { weight: 5, arbitrary: number(-2, 2, 100) },
    { weight: 3, arbitrary: fc.constantFrom(0, 1) },
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
  planning: tokens.map(({ planning }) => planning),
  values: Float64Array.from(tokens, ({ value }) => value),
  oldValues: Float64Array.from(tokens, ({ oldValue }) => oldValue),
  steps: tokens.flatMap(({ stepReward, mask }, end) =>
    stepReward === null || !mask ? [] : [{ end, reward: stepReward }]
  ),
  greedyRewards: { total: greedy[group] },
}));

/** Up to 8 responses. */
export const batch: fc.Arbitrary<Response[]> = fc.array(response, { minLength: 1, maxLength: 8 });

/** Credit, then loss, on the whole batch. */
export function evaluate(
  algorithm: Algorithm,
  responses: readonly Response[],
): Loss & { credited: Credited[]; state: unknown } {
  const { advantages, returns, state } = algorithm.credit(responses);
  const credited = responses.map((response, i) => ({
    ...response,
    advantages: advantages[i],
    ...returns && { returns: returns[i] },
  }));
  return { ...algorithm.loss(credited, state), credited, state };
}

/** Which numbers of a token a finite difference moves. */
export type Moved = "logProbs" | "values" | "logProbs at a fixed ratio";

/**
 * d loss / d one number of one token, by five-point stencils of two widths; `null` if they disagree, which means that
 * a corner of the loss is near and there is no derivative to compare with.
 */
export function finiteDifference(
  algorithm: Algorithm,
  { credited, state }: { credited: readonly Credited[]; state: unknown },
  i: number,
  t: number,
  moved: Moved = "logProbs",
): number | null {
  const names = moved === "logProbs at a fixed ratio" ? ["logProbs", "oldLogProbs"] as const : [moved] as const;
  const at = (shift: number) => {
    const shifted = credited.map((response, j) => {
      if (j !== i) return response;
      const rows = names.map((name) => {
        const row = response[name]!.slice();
        row[t] += shift;
        return [name, row];
      });
      return { ...response, ...Object.fromEntries(rows) };
    });
    return algorithm.loss(shifted, state).loss;
  };
  const stencil = (h: number) => (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h);
  const wide = stencil(1e-3), narrow = stencil(4e-4);
  return Math.abs(wide - narrow) <= 2e-8 * Math.max(1, Math.abs(wide)) ? wide : null;
}
