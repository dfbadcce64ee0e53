/**
 * From rewards to preference pairs: in each group the best response is preferred to the worst.
 *
 * @module
 */

import type { Credited, Response } from "../algorithm.ts";
import { groupIndices, isChosen } from "./batch.ts";
import { responseAdvantage } from "./group_loss.ts";
import type { Reward } from "./rewards.ts";
import { allEqual } from "./statistics.ts";

/** Two responses of a group, by index. */
export interface Pair {
  /** The preferred one. */
  chosen: number;
  /** The other. */
  rejected: number;
}

/** What ties are broken by: a hash (FNV-1a) of the chosen tokens, then the tokens, then their old log-probs. */
function tieKey(response: Response): number[] {
  const positions = [...response.oldLogProbs.keys()].filter((t) => isChosen(response, t));
  const tokens = positions.map((t) => response.tokens[t]);
  const hash = tokens.reduce((state, token) => Math.imul(state ^ token, 0x01000193) >>> 0, 0x811c9dc5);
  return [hash, tokens.length, ...tokens, ...positions.map((t) => response.oldLogProbs[t])];
}

/** Of the responses that share a reward, the one with the smallest key. */
function pick(batch: readonly Response[], tied: readonly number[]): number {
  if (tied.length === 1) return tied[0];
  const keyed = tied.map((i) => ({ i, key: tieKey(batch[i]) }));
  keyed.sort((a, b) => {
    const at = a.key.findIndex((value, k) => value !== b.key[k]);
    return at < 0 ? 0 : a.key[at] - b.key[at];
  });
  return keyed[0].i;
}

/**
 * One pair per group, in order of first appearance; none where fewer than two responses have a reward or all rewards
 * are equal.
 *
 * Ties are frequent with rewards of 0 and 1. Which of several best (or worst) responses is taken depends on its tokens
 * through a hash: never on the order of the batch, and, unlike a rule by length or likelihood, without favouring any
 * kind of response.
 */
export function bestAndWorst(batch: readonly Response[], rewards: readonly Reward[]): Pair[] {
  return groupIndices(batch.map((response) => response.group)).flatMap((members) => {
    const present = members.filter((i) => rewards[i] !== null);
    const values = present.map((i) => rewards[i] as number);
    if (present.length < 2 || allEqual(values)) return [];
    const best = Math.max(...values), worst = Math.min(...values);
    return [{
      chosen: pick(batch, present.filter((i) => rewards[i] === best)),
      rejected: pick(batch, present.filter((i) => rewards[i] === worst)),
    }];
  });
}

/** Advantage of each of `size` responses: 1 if a pair prefers it, −1 if a pair rejects it, else 0. */
export function pairCredit(pairs: readonly Pair[], size: number): number[] {
  const advantages = new Array<number>(size).fill(0);
  for (const { chosen, rejected } of pairs) {
    advantages[chosen] = 1;
    advantages[rejected] = -1;
  }
  return advantages;
}

/**
 * The pairs of a credited batch: in each group, the response with a positive advantage is preferred to the one with a
 * negative advantage.
 */
export function pairsOf(batch: readonly Credited[]): Pair[] {
  const signs = batch.map(responseAdvantage);
  return groupIndices(batch.map((response) => response.group)).flatMap((members) => {
    const chosen = members.find((i) => signs[i] > 0), rejected = members.find((i) => signs[i] < 0);
    return chosen === undefined || rejected === undefined ? [] : [{ chosen, rejected }];
  });
}
