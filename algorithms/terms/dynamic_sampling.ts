/**
 * Dynamic sampling: which prompts there is something to learn from (DAPO, arXiv 2503.14476 eq. 8).
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import { groupIndices } from "./batch.ts";
import { oneOf, type Resolved, type Specs, wholeNumber } from "./options.ts";
import { type Reward, totalReward } from "./rewards.ts";
import type { BatchOptions } from "./shared_options.ts";
import { allEqual } from "./statistics.ts";

/**
 * For each response whether the scores of its group differ. `null` scores are not looked at; a group with fewer than
 * two scores has nothing that differs (verl keeps a group of one).
 *
 * Scores are compared up to rounding: numpy's standard deviation of three times 0.1 is greater than 0, so that an
 * exact test keeps constant groups.
 *
 * @param scores what is compared, per response: the accuracy, not a reward that length has already shaped, which
 * differs within a group of wrong answers too
 */
export function hasVariedGroup(groups: readonly number[], scores: readonly Reward[]): boolean[] {
  const varied = scores.map(() => false);
  for (const members of groupIndices(groups)) {
    const differs = !allEqual(members.map((i) => scores[i]).filter((score) => score !== null));
    for (const i of members) varied[i] = differs;
  }
  return varied;
}

/** {@linkcode hasVariedGroup} by the accuracy channel; responses without that channel count with their total reward. */
export function isInformative(
  batch: readonly Response[],
  options: Resolved<Pick<DynamicSamplingOptions, "accuracyChannel"> & Pick<BatchOptions, "rewardWeights">>,
): boolean[] {
  const { accuracyChannel, rewardWeights } = options;
  const scores = batch.map((response) =>
    Object.hasOwn(response.rewards, accuracyChannel)
      ? response.rewards[accuracyChannel]
      : totalReward(response, rewardWeights)
  );
  return hasVariedGroup(batch.map((response) => response.group), scores);
}

/** Options of dynamic sampling. */
export interface DynamicSamplingOptions {
  /** Drop groups of constant accuracy and sample others instead. */
  dynamicSampling?: boolean;
  /** Most times that prompts are drawn for a step, the first included. */
  maxRounds?: number;
  /** Reward channel that says whether a response is right. */
  accuracyChannel?: string;
}

/** Documentation and checks of {@linkcode DynamicSamplingOptions}. */
export const dynamicSamplingOptions: Specs<DynamicSamplingOptions> = {
  dynamicSampling: {
    default: true,
    description: "drop groups of constant accuracy and sample others instead",
    source: "arXiv 2503.14476 §3.2",
    check: oneOf([true, false]),
  },
  maxRounds: {
    default: 10,
    description: "most times that prompts are drawn for a step, the first included; groups still missing then stay out",
    source: "verl's recipe, max_num_gen_batches",
    check: wholeNumber(1),
  },
  accuracyChannel: {
    default: "accuracy",
    description: "reward channel that says whether a response is right; where there is none, the total reward does",
    source: "Podium's tasks; verl's recipe, filter_groups.metric acc",
    check: {
      use: 'the name of a reward channel, such as "accuracy"',
      accepts: (value) => typeof value === "string" && value !== "",
    },
  },
};

/** Rounds of a filter that is switched off mean nothing. */
export function refuseDynamicSampling(
  options: Resolved<DynamicSamplingOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  if (!options.dynamicSampling && explicit.has("maxRounds")) {
    return 'option "maxRounds" is set, but dynamicSampling is false; leave it out or use dynamicSampling true';
  }
  return undefined;
}
