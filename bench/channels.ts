/**
 * Reward channels as algorithms see them: those of the task, and those that every task has because the runner gives
 * them.
 *
 * @module
 */
import type { Task } from "../tasks/task.ts";
import { unknown } from "./nearest.ts";
import { Refusal } from "./outcomes.ts";
import { lengthOf, type Rollout } from "./rollout.ts";
import { mean } from "./statistics/describe.ts";
import type { Training } from "./suite.ts";

/** What a channel of the runner is computed from. */
interface Measured {
  /** Length of the response in tokens of the policy. */
  length: number;
  /** Most tokens that a response may have. */
  budget: number;
}

/**
 * Channels that every task has, under names that no task may use:
 *
 * - `brevity`: 1 - length / budget, in tokens. Right or wrong plays no part in it, so that it is a second objective
 *   beside accuracy.
 */
const common: Readonly<Record<string, (measured: Measured) => number>> = {
  brevity: ({ length, budget }) => 1 - length / budget,
};

/** Names of the channels that every task has. */
export const commonChannels: readonly string[] = Object.keys(common);

/** Names of a task's own channels followed by the common ones, from what it says of an empty response. */
export function channelsOf(task: Task, rewards: Readonly<Record<string, number | null>>): string[] {
  const reserved = commonChannels.find((name) => Object.hasOwn(rewards, name));
  if (reserved !== undefined) {
    throw new Refusal(
      `task ${task.name}: the name of its reward channel "${reserved}" is reserved for one that every task has; ` +
        "give it another name.",
    );
  }
  return [...Object.keys(rewards), ...commonChannels];
}

/** What a suite says of rewards. */
type RewardSettings = Pick<Training, "rewards" | "rewardConditions" | "maxTokens">;

/**
 * The channels of a rollout that algorithms see. One with a condition is 0 where the other channel is too low
 * (arXiv 2601.05242 eq. 8), and missing where that is missing, whether an algorithm sums channels or not.
 */
export function rewardsOf(
  rollout: Pick<Rollout, "grade" | "generation">,
  { rewards: names, rewardConditions = {}, maxTokens }: RewardSettings,
): Record<string, number | null> {
  const others = Object.values(rewardConditions).map(({ on }) => on);
  const values = channelValues(rollout, [...names, ...others], maxTokens);
  return Object.fromEntries(names.map((name) => {
    const value = values[name];
    if (!Object.hasOwn(rewardConditions, name) || value === null) return [name, value];
    const { on, atLeast } = rewardConditions[name], met = values[on];
    return [name, met === null ? null : met >= atLeast ? value : 0];
  }));
}

/** Mean of every channel there is over responses, those without one left out; null where none has it. */
export function channelMeans(rollouts: readonly Rollout[], budget: number): Record<string, number | null> {
  const names = [...Object.keys(rollouts[0]?.grade.rewards ?? {}), ...commonChannels];
  const values = rollouts.map((rollout) => channelValues(rollout, names, budget));
  return Object.fromEntries(
    names.map((name) => [name, mean(values.map((one) => one[name]).filter((value) => value !== null))]),
  );
}

/** The named channels of a rollout; refuses a name that neither the task nor the runner has. */
function channelValues(
  rollout: Pick<Rollout, "grade" | "generation">,
  names: readonly string[],
  budget: number,
): Record<string, number | null> {
  const { grade } = rollout;
  return Object.fromEntries(names.map((name) => {
    if (Object.hasOwn(common, name)) return [name, common[name]({ length: lengthOf(rollout), budget })];
    const reward = grade.rewards[name];
    if (reward === undefined) {
      throw new Refusal(unknown("reward channel", name, [...Object.keys(grade.rewards), ...commonChannels]));
    }
    return [name, reward];
  }));
}
