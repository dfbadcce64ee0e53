/**
 * Some of what an algorithm refuses can only be seen with the settings of a run beside its options: a cache of overlong
 * tokens that is longer than a response may be. So every algorithm computes one step on made-up responses before
 * anything runs, and what it throws is said then, with no record begun.
 *
 * @module
 */
import type { Algorithm, Response } from "../algorithms/algorithm.ts";
import { Refusal } from "./outcomes.ts";
import type { Training } from "./suite.ts";

/** Two groups in which every other response is right, with all that an algorithm may ask for. */
function madeUp({ groupSize, rewards, maxTokens }: Training): Response[] {
  const length = Math.min(2, maxTokens), row = () => new Float64Array(length).fill(-1);
  return Array.from({ length: 2 * groupSize }, (_, index) => {
    const reward = index % 2, channels = Object.fromEntries(rewards.map((name) => [name, reward]));
    return {
      group: Math.floor(index / groupSize),
      tokens: new Array(length).fill(0),
      rewards: channels,
      greedyRewards: channels,
      truncated: false,
      budget: maxTokens,
      logProbs: row(),
      oldLogProbs: row(),
      referenceLogProbs: row(),
      values: row(),
      oldValues: row(),
      planning: new Array(length).fill(0),
      steps: [{ end: length - 1, reward }],
    };
  });
}

/**
 * Refuses an algorithm that can't compute a step with these settings.
 *
 * @throws {Refusal} what the algorithm itself says of it.
 */
export function rehearse(algorithm: Algorithm, training: Training): void {
  const batch = madeUp(training);
  try {
    const selection = algorithm.select?.(batch);
    const { advantages, returns, state } = algorithm.credit(batch);
    const credited = batch.map((response, index) => ({
      ...response,
      advantages: advantages[index],
      ...returns && { returns: returns[index] },
    })).filter((_, index) => selection?.[index] ?? true);
    if (credited.length > 0) algorithm.loss(credited, state);
  } catch (error) {
    throw new Refusal(`${algorithm.name}: ${(error as Error).message}.`, { cause: error });
  }
}
