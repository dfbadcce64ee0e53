/**
 * Layer 2: from one reward per response to one advantage per response.
 *
 * Responses whose reward is `null` are left out of every mean and deviation and get advantage 0. A group of one, and
 * one whose rewards are all equal, has advantage exactly 0: nothing to compare with. (verl leaves the raw reward
 * as the advantage of a group of one.)
 *
 * @module
 */

import type { Credit, Response, Row } from "../algorithm.ts";
import { groupIndices } from "./batch.ts";
import type { Reward } from "./rewards.ts";
import { deviations, type Divisor, scaleBy, standardDeviation } from "./statistics.ts";

/** Applies `rule` to the rewards that are present among `members`; all else stays 0. */
function within(
  rewards: readonly Reward[],
  sets: readonly (readonly number[])[],
  rule: (present: number[]) => number[],
): number[] {
  const advantages = rewards.map(() => 0);
  for (const members of sets) {
    const present = members.filter((i) => rewards[i] !== null);
    rule(present.map((i) => rewards[i] as number)).forEach((value, j) => advantages[present[j]] = value);
  }
  return advantages;
}

/** What the deviation from the group mean is divided by. */
export type Scale = "group" | "batch" | "none";

/**
 * `r − mean(group)`, divided by the standard deviation of the group, of the raw rewards of the whole batch, or by
 * nothing (arXiv 2402.03300 §4.1.2; `batch`: arXiv 2508.08221; `none`: arXiv 2503.20783).
 *
 * @param groups prompt of each response
 */
export function groupAdvantage(
  rewards: readonly Reward[],
  groups: readonly number[],
  options: Divisor & { scale: Scale },
): number[] {
  const batchStd = options.scale === "batch"
    ? standardDeviation(rewards.filter((reward) => reward !== null), options.ddof)
    : 0;
  return within(rewards, groupIndices(groups), (present) => {
    const centred = deviations(present);
    if (options.scale === "none") return centred;
    const std = options.scale === "batch" ? batchStd : standardDeviation(present, options.ddof);
    return centred.map((value) => scaleBy(value, std, options));
  });
}

/** `r − mean of the others of its group` = G/(G−1) times the deviation from the group mean (arXiv 2402.14740). */
export function leaveOneOut(rewards: readonly Reward[], groups: readonly number[]): number[] {
  return within(rewards, groupIndices(groups), (present) => {
    const factor = present.length > 1 ? present.length / (present.length - 1) : 0;
    return deviations(present).map((value) => factor * value);
  });
}

/** `r − mean(batch)`: one baseline for all prompts. */
export function batchBaseline(rewards: readonly Reward[]): number[] {
  return within(rewards, [rewards.map((_, i) => i)], deviations);
}

/** Standardises advantages over the responses of the batch that have a reward; the others stay 0. */
export function whitenAdvantages(
  advantages: readonly number[],
  rewards: readonly Reward[],
  divisor: Divisor,
): number[] {
  const present = advantages.map((value, i) => rewards[i] === null ? null : value);
  const std = standardDeviation(present.filter((value) => value !== null), divisor.ddof);
  return batchBaseline(present).map((value) => scaleBy(value, std, divisor));
}

/**
 * Outcome credit: the same advantage on every token of a response, with the metrics that all algorithms record.
 * `groupsWithoutSignal` is the share of prompts whose responses all have advantage 0, `advantageStd` the population
 * standard deviation of the advantages over the responses.
 */
export function outcomeCredit(
  batch: readonly Response[],
  advantages: readonly number[],
  rewards: readonly Reward[],
): Credit {
  const groups = groupIndices(batch.map((response) => response.group));
  const silent = groups.filter((members) => members.every((i) => advantages[i] === 0)).length;
  return {
    advantages: batch.map((response, i): Row => new Float64Array(response.logProbs.length).fill(advantages[i])),
    metrics: {
      groupsWithoutSignal: groups.length === 0 ? 0 : silent / groups.length,
      advantageStd: standardDeviation(advantages, 0),
    },
    trace: { rewards: Float64Array.from(rewards, (reward) => reward ?? NaN) },
  };
}
