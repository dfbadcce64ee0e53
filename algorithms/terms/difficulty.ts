/**
 * How hard a prompt is, against those seen so far (GFPO, arXiv 2508.09726 algorithm 2).
 *
 * @module
 */

import { groupIndices } from "./batch.ts";
import type { Reward } from "./rewards.ts";
import { mean } from "./statistics.ts";
import { addValues, quantile, type QuantileSketch, seen } from "./streaming_quantiles.ts";

/** Quartile that a prompt falls into; `warm_up` while too few prompts were seen. */
export type Difficulty = "warm_up" | "very_hard" | "hard" | "medium" | "easy";

/**
 * Difficulty of a prompt by the mean reward of its group: strictly below the first, second or third quartile of the
 * stream, or not below any. The stream already holds this mean.
 *
 * @param warmUpGroups there are quartiles once more groups than this were seen
 */
export function difficultyOf(meanReward: number, stream: QuantileSketch, warmUpGroups: number): Difficulty {
  if (seen(stream) <= warmUpGroups) return "warm_up";
  if (meanReward < quantile(stream, 0.25)) return "very_hard";
  if (meanReward < quantile(stream, 0.5)) return "hard";
  return meanReward < quantile(stream, 0.75) ? "medium" : "easy";
}

/** The stream with the mean reward of every group added; a group without any reward adds nothing. */
export function addGroups(
  stream: QuantileSketch,
  rewards: readonly Reward[],
  groups: readonly number[],
): QuantileSketch {
  const present = groupIndices(groups).map((members) => members.map((i) => rewards[i]).filter((r) => r !== null));
  return addValues(stream, present.filter((members) => members.length > 0).map(mean));
}
