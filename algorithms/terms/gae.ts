/**
 * Generalised advantage estimation (arXiv 1506.02438): credit per token from a critic.
 *
 * @module
 */

import type { Response, Row } from "../algorithm.ts";
import { isChosen } from "./batch.ts";

/** Credit of one response. */
export interface TokenCredit {
  /** Advantage per token; 0 where the policy did not choose. */
  advantages: Row;
  /** Target of the critic per token: advantage plus value; 0 where the policy did not choose. */
  returns: Row;
}

/** Discounts of {@linkcode generalizedAdvantage}. */
export interface Discounts {
  /** γ: what a reward one token later counts. */
  gamma: number;
  /** λ: 1 is the whole return minus the value, 0 a step of temporal difference. */
  lambda: number;
}

/**
 * `δ_t = r_t + γ V_{t+1} − V_t` and `A_t = δ_t + γ λ A_{t+1}` (arXiv 1506.02438 eq. 16), with value 0 behind the end.
 *
 * Tokens that the environment wrote (mask 0) are skipped as if they were not there: the value and the advantage of the
 * next chosen token are carried over the gap, and what stands in their rows is not read (verl's GAE).
 */
export function generalizedAdvantage(
  response: Pick<Response, "mask">,
  rewards: Row,
  values: Row,
  { gamma, lambda }: Discounts,
): TokenCredit {
  const advantages = new Float64Array(rewards.length), returns = new Float64Array(rewards.length);
  let nextValue = 0, nextAdvantage = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    if (!isChosen(response, t)) continue;
    nextAdvantage = rewards[t] + gamma * nextValue - values[t] + gamma * lambda * nextAdvantage;
    nextValue = values[t];
    advantages[t] = nextAdvantage;
    returns[t] = nextAdvantage + values[t];
  }
  return { advantages, returns };
}
