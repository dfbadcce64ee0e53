/**
 * Credit from several rewards that are normalised one by one (GDPO, arXiv 2601.05242): never summed first, because the
 * sum forgets which reward a response earned.
 *
 * @module
 */

import type { Credit, Response } from "../algorithm.ts";
import { chosenLength } from "./batch.ts";
import { groupAdvantage, leaveOneOut, outcomeCredit } from "./credit.ts";
import { atLeast, oneOf, orNull, type Resolved, type Specs, weights } from "./options.ts";
import { channelNames, channelRewards, type Conditions, rewardConditions } from "./reward_channels.ts";
import type { Reward } from "./rewards.ts";
import { type StdOptions, stdOptions } from "./shared_options.ts";
import { allEqual, type Divisor, scaleBy, standardDeviation } from "./statistics.ts";

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

/** How rewards are normalised and put together. */
export interface DecoupledOptions extends StdOptions {
  /** What a reward is compared with: mean and deviation of its group, or of the others in it. */
  baseline?: "group" | "leave_one_out";
  /** Over what the weighted sums are standardised. */
  whitenLevel?: "response" | "token" | "none";
  /** Added to the deviation over responses, or to the variance over tokens. */
  whitenEpsilon?: number;
  /** Rewards that count only where another reaches a value. */
  conditions?: Conditions | null;
  /** What a missing reward is: left out of its channel, or 0. */
  missing?: "ignore" | "zero";
  /** Weight per channel, applied after its normalisation; `null`: all channels with weight 1. */
  rewardWeights?: Readonly<Record<string, number>> | null;
}

/** Documentation and checks of {@linkcode DecoupledOptions}, with GDPO's defaults. */
export function decoupledOptions(): Specs<DecoupledOptions> {
  return {
    baseline: {
      default: "group",
      description: "what a reward is compared with: its group, or the others of its group",
      source: "arXiv 2601.05242 eq. 4; leave_one_out: NeMo-RL's default",
      check: oneOf(["group", "leave_one_out"]),
    },
    ...stdOptions(1, 0, "arXiv 2601.05242 eq. 4 and its ±0.7071 example (ddof 1, no eps)"),
    whitenLevel: {
      default: "response",
      description: "over what the weighted sums are standardised: responses, tokens, or nothing",
      source: "arXiv 2601.05242 eq. 6; token: verl",
      check: oneOf(["response", "token", "none"]),
    },
    whitenEpsilon: {
      default: 0,
      description: "added to the standard deviation over responses, or to the variance over tokens",
      source: "arXiv 2601.05242 eq. 6 (ε without a value)",
      check: atLeast(0),
    },
    conditions: {
      default: null,
      description: 'rewards that are 0 unless another is high enough: {"length": {"on": "accuracy", "atLeast": 1}}',
      source: "arXiv 2601.05242 eq. 8",
      check: orNull(rewardConditions),
    },
    missing: {
      default: "ignore",
      description: "a missing reward: ignore leaves it out of its channel, zero counts it as 0",
      source: "TRL; zero: NVlabs/GDPO",
      check: oneOf(["ignore", "zero"]),
    },
    rewardWeights: {
      default: null,
      description: "weight per reward channel, after normalisation; null: all channels with weight 1",
      source: "arXiv 2601.05242 eq. 7",
      check: orNull(weights),
    },
  };
}

/** What would do nothing, silently. */
export function refuseDecoupled(
  { whitenLevel, rewardWeights, conditions }: Resolved<DecoupledOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  if (whitenLevel === "none" && explicit.has("whitenEpsilon")) {
    return 'option "whitenEpsilon" is set, but whitenLevel is "none"; leave it out or use whitenLevel "response"';
  }
  const lost = rewardWeights && Object.keys(conditions ?? {}).find((name) => !Object.hasOwn(rewardWeights, name));
  return lost
    ? `option "conditions" names "${lost}", which has no weight; add it to rewardWeights or leave it out`
    : undefined;
}

/** Every channel that the options name. */
export function namedChannels({ rewardWeights, conditions }: Resolved<DecoupledOptions>): string[] {
  const conditioned = Object.entries(conditions ?? {}).flatMap(([name, { on }]) => [name, on]);
  return [...new Set([...Object.keys(rewardWeights ?? {}), ...conditioned])];
}

/**
 * Each channel normalised within its group, their weighted sum, and that standardised over the batch.
 *
 * Responses without any reward have advantage 0 and stay out of everything. Metrics: `advantageStd_NAME` per channel,
 * before weights. Trace: `channelAdvantages` (one row per channel, in the order of the weights; NaN where missing),
 * `summedAdvantages`, `batchMean`, `batchStd`, and as `rewards` the weighted sum before any normalisation.
 */
export function decoupledCredit(batch: readonly Response[], options: Resolved<DecoupledOptions>): Credit {
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
