/**
 * Credit from several rewards that are normalised one by one (GDPO, arXiv 2601.05242): never summed first, because the
 * sum forgets which reward a response earned.
 *
 * @module
 */

import type { Credit, Response } from "../algorithm.ts";
import { chosenLength } from "./batch.ts";
import { groupAdvantage, leaveOneOut, outcomeCredit } from "./credit.ts";
import type { Check } from "./options.ts";
import { type Reward, totalReward } from "./rewards.ts";
import { allEqual, type Divisor, scaleBy, standardDeviation } from "./statistics.ts";

/** Channel to the channel that must reach a value for it to count. */
export type Conditions = Readonly<Record<string, { readonly on: string; readonly atLeast: number }>>;

/** Accepts {@linkcode Conditions}. */
export const rewardConditions: Check = {
  use: 'an object from channel to condition, such as {"length": {"on": "accuracy", "atLeast": 1}}',
  accepts: (value) =>
    typeof value === "object" && value !== null && Object.keys(value).length > 0 &&
    Object.values(value).every((part) =>
      typeof part?.on === "string" && Number.isFinite(part?.atLeast) && Object.keys(part).length === 2
    ),
};

/**
 * The channels to learn from: those with a weight; without weights, all that the batch has, apart from `total` if there
 * are others (it is their sum). In alphabetical order without weights, so that the order of responses does not matter.
 */
export function channelNames(
  batch: readonly Response[],
  weights: Readonly<Record<string, number>> | null,
): string[] {
  if (weights) return Object.keys(weights);
  const names = [...new Set(batch.flatMap(({ rewards }) => Object.keys(rewards)))].sort();
  return names.length > 1 ? names.filter((name) => name !== "total") : names;
}

/**
 * One channel of every response. A reward with a condition counts as 0 where the other channel is below the threshold
 * (eq. 8), and is missing where that is missing.
 *
 * @param missing `ignore` leaves missing rewards `null`; `zero` makes them 0 first
 */
export function channelRewards(
  batch: readonly Response[],
  name: string,
  { conditions, missing }: { conditions: Conditions | null; missing: "ignore" | "zero" },
): Reward[] {
  const read = (response: Response, channel: string) =>
    totalReward(response, { [channel]: 1 }) ?? (missing === "zero" ? 0 : null);
  const condition = conditions?.[name];
  return batch.map((response) => {
    const reward = read(response, name);
    if (!condition || reward === null) return reward;
    const met = read(response, condition.on);
    return met === null ? null : met >= condition.atLeast ? reward : 0;
  });
}

/**
 * Each reward minus the mean of the others of its group, divided by their standard deviation plus `stdEpsilon`; by
 * nothing where that deviation is 0, as with two responses (NeMo-RL's leave-one-out).
 */
export function leaveOneOutScores(
  rewards: readonly Reward[],
  groups: readonly number[],
  divisor: Divisor,
): number[] {
  return leaveOneOut(rewards, groups).map((deviation, i) => {
    const others = rewards.filter((reward, j) => reward !== null && j !== i && groups[j] === groups[i]) as number[];
    const std = standardDeviation(others, divisor.ddof);
    return std > 0 ? scaleBy(deviation, std, divisor) : deviation;
  });
}

/** Mean and standard deviation that {@linkcode whitenWeighted} used, and its result. */
export interface Whitened {
  /** The standardised values; 0 where there was none. */
  readonly values: number[];
  /** Weighted mean. */
  readonly mean: number;
  /** Weighted standard deviation. */
  readonly std: number;
}

/**
 * Standardises values that count several times: once each for a whitening over responses, once per token for one over
 * tokens. A mean that is only rounding (1e-12 of the largest value) counts as 0, so that a group without signal keeps
 * advantage 0 exactly.
 *
 * @param divisor its `countEpsilon` is added to the number of values that both means divide by
 */
export function whitenWeighted(
  values: readonly Reward[],
  counts: readonly number[],
  divisor: Divisor & { countEpsilon?: number },
): Whitened {
  const { ddof, countEpsilon = 0 } = divisor;
  const present = values.map((value, i) => ({ value, count: counts[i] })).filter(({ value, count }) =>
    value !== null && count > 0
  ) as { value: number; count: number }[];
  const sum = (term: (value: number) => number) =>
    present.reduce((total, { value, count }) => total + count * term(value), 0);
  const n = sum(() => 1), numbers = present.map(({ value }) => value);
  const largest = Math.max(0, ...numbers.map(Math.abs));
  const found = n > 0 ? sum((value) => value) / (n + countEpsilon) : 0;
  const mean = Math.abs(found) <= 1e-12 * largest ? 0 : found;
  const flat = allEqual(numbers) || n <= ddof;
  const std = flat ? 0 : Math.sqrt(sum((value) => (value - mean) ** 2) / (n + countEpsilon) * n / (n - ddof));
  return { values: values.map((value) => value === null || flat ? 0 : scaleBy(value - mean, std, divisor)), mean, std };
}

/** How {@linkcode decoupledCredit} normalises. */
export interface DecoupledOptions extends Divisor {
  /** Weight per channel, applied after its normalisation; `null`: all channels with weight 1. */
  readonly rewardWeights: Readonly<Record<string, number>> | null;
  /** Rewards that count only where another is high enough. */
  readonly conditions: Conditions | null;
  /** What a missing reward is: left out of its channel, or 0. */
  readonly missing: "ignore" | "zero";
  /** What a reward is compared with. */
  readonly baseline: "group" | "leave_one_out";
  /** Over what the weighted sums are standardised. */
  readonly whitenLevel: "response" | "token" | "none";
  /** Added to the standard deviation over responses, or to the variance over tokens. */
  readonly whitenEpsilon: number;
}

/**
 * Each channel normalised within its group, their weighted sum, and that standardised over the batch.
 *
 * Responses without any reward have advantage 0 and stay out of everything. Metrics: `advantageStd_NAME` per channel,
 * before weights. Trace: `channelAdvantages` (one row per channel, in the order of the weights; NaN where missing),
 * `summedAdvantages`, `batchMean`, `batchStd`, and as `rewards` the weighted sum before any normalisation.
 */
export function decoupledCredit(batch: readonly Response[], options: DecoupledOptions): Credit {
  const groups = batch.map((response) => response.group);
  const names = channelNames(batch, options.rewardWeights);
  const channels = names.map((name) => channelRewards(batch, name, options));
  const normalised = channels.map((rewards) => {
    const advantages = options.baseline === "group"
      ? groupAdvantage(rewards, groups, { ...options, scale: "group" })
      : leaveOneOutScores(rewards, groups, options);
    return advantages.map((value, i): Reward => rewards[i] === null ? null : value);
  });
  const weighted = (rows: readonly Reward[][]) =>
    batch.map((_, i): Reward => {
      const terms = rows.flatMap((row, n) => {
        const value = row[i];
        return value === null ? [] : [(options.rewardWeights?.[names[n]] ?? 1) * value];
      });
      const total = terms.reduce((sum, term) => sum + term, 0);
      // Channels that cancel leave rounding, which standardising would turn into advantages of size 1.
      const cancelled = Math.abs(total) <= 1e-12 * terms.reduce((sum, term) => sum + Math.abs(term), 0);
      return terms.length === 0 ? null : cancelled ? 0 : total;
    });
  const summed = weighted(normalised);
  const overTokens = options.whitenLevel === "token";
  const { values, mean, std } = whitenWeighted(summed, batch.map((one) => overTokens ? chosenLength(one) : 1), {
    ddof: options.ddof,
    stdEpsilon: options.whitenEpsilon,
    insideRoot: overTokens,
    // verl's masked_mean.
    countEpsilon: overTokens ? 1e-8 : 0,
  });
  const advantages = options.whitenLevel === "none" ? summed.map((value) => value ?? 0) : values;
  const credit = outcomeCredit(batch, advantages, weighted(channels));
  const spread = (row: Reward[]) => standardDeviation(row.filter((value) => value !== null), 0);
  const numbers = (row: Reward[]) => Float64Array.from(row, (value) => value ?? NaN);
  return {
    ...credit,
    metrics: {
      ...credit.metrics,
      ...Object.fromEntries(names.map((name, n) => [`advantageStd_${name}`, spread(normalised[n])])),
    },
    trace: {
      ...credit.trace,
      channelAdvantages: normalised.map(numbers),
      summedAdvantages: numbers(summed),
      batchMean: Float64Array.of(mean),
      batchStd: Float64Array.of(std),
    },
  };
}
