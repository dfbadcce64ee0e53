/**
 * Token-level credit: rewards per token, their sum from a token on, and whitening over all tokens of the batch.
 *
 * Tokens that the environment wrote (mask 0) are skipped as if they were not there: no reward, no discount, no part in
 * the statistics; the return is carried through them. (verl up to 0.7 reset it there, so that everything before a tool
 * call learned nothing.)
 *
 * @module
 */

import type { Credit, Response, Row } from "../algorithm.ts";
import { groupIndices, isChosen } from "./batch.ts";
import type { Reward } from "./rewards.ts";
import { allEqual, type Divisor, scaleBy, standardDeviation } from "./statistics.ts";

/**
 * The outcome on the last token that the policy chose, minus `beta` times the k1 KL of each of its tokens,
 * `old − reference` (arXiv 2501.03262; not differentiated). All 0 where the outcome is `null`.
 *
 * @throws {TypeError} if `beta` is positive and the response has no reference log-probs.
 */
export function outcomeTokenRewards(response: Response, outcome: Reward, beta: number): Row {
  const { oldLogProbs, referenceLogProbs } = response;
  if (beta > 0 && !referenceLogProbs) {
    throw new TypeError("KL in the reward needs referenceLogProbs on every response");
  }
  const rewards = new Float64Array(oldLogProbs.length);
  if (outcome === null) return rewards;
  let last = true;
  for (let t = rewards.length - 1; t >= 0; t--) {
    if (!isChosen(response, t)) continue;
    rewards[t] = (last ? outcome : 0) - (beta > 0 ? beta * (oldLogProbs[t] - referenceLogProbs![t]) : 0);
    last = false;
  }
  return rewards;
}

/** `Σ_{i ≥ t} gamma^(i−t) · rewards[i]` over chosen tokens; 0 on the others. */
export function returnToGo(response: Pick<Response, "mask">, rewards: Row, gamma: number): Row {
  const returns = new Float64Array(rewards.length);
  let running = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    if (isChosen(response, t)) returns[t] = running = rewards[t] + gamma * running;
  }
  return returns;
}

/** Constants of {@linkcode whitenTokens}. */
export interface TokenWhitening extends Divisor {
  /** Added to the number of tokens that the mean and the mean of squares divide by (verl: 1e-8). Default 0. */
  countEpsilon?: number;
}

/**
 * Standardises over all chosen tokens of the responses that have a reward, so that long responses weigh more in mean
 * and variance; 0 elsewhere. Equal values give exactly 0.
 */
export function whitenTokens(
  batch: readonly Pick<Response, "mask">[],
  rows: readonly Row[],
  rewards: readonly Reward[],
  { countEpsilon = 0, ...divisor }: TokenWhitening,
): Row[] {
  const counts = (i: number, t: number) => rewards[i] !== null && isChosen(batch[i], t);
  const values = rows.flatMap((row, i) => [...row].filter((_, t) => counts(i, t)));
  if (allEqual(values)) return rows.map((row) => new Float64Array(row.length));
  const n = values.length + countEpsilon;
  const average = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / n;
  const std = Math.sqrt(squares * values.length / (values.length - divisor.ddof));
  return rows.map((row, i) => row.map((value, t) => counts(i, t) ? scaleBy(value - average, std, divisor) : 0));
}

/**
 * Token credit with the metrics that all algorithms record: `groupsWithoutSignal` is the share of prompts all of whose
 * tokens have advantage 0, `advantageStd` the population standard deviation of the advantages over chosen tokens.
 * The trace has `rewards` per response and `returns` per token.
 */
export function returnCredit(
  batch: readonly Response[],
  advantages: readonly Row[],
  rewards: readonly Reward[],
  returns: readonly Row[],
): Credit {
  const groups = groupIndices(batch.map((response) => response.group));
  const silent = groups.filter((members) => members.every((i) => advantages[i].every((value) => value === 0))).length;
  const chosen = advantages.flatMap((row, i) => [...row].filter((_, t) => isChosen(batch[i], t)));
  return {
    advantages: [...advantages],
    metrics: {
      groupsWithoutSignal: groups.length === 0 ? 0 : silent / groups.length,
      advantageStd: standardDeviation(chosen, 0),
    },
    trace: { rewards: Float64Array.from(rewards, (reward) => reward ?? NaN), returns: [...returns] },
  };
}
