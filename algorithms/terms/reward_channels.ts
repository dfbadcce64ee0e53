/**
 * Reward channels one by one, some of which count only where another is high enough.
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import type { Check } from "./options.ts";
import { type Reward, totalReward } from "./rewards.ts";

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
