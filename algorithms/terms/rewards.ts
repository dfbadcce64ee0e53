/**
 * From named reward channels to one number per response.
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import { isChosen } from "./batch.ts";

/** Reward of a response; `null` where no channel rewarded it: it has advantage 0 and is left out of every baseline. */
export type Reward = number | null;

/**
 * Total reward of a response.
 *
 * With `weights`, the weighted sum of the channels they name. Without, the channel `total` if there is one, else the
 * plain sum of all channels. Channels that are `null` or absent are left out (TRL's `nansum`); if none is left, the
 * total is `null`.
 *
 * @throws {RangeError} if a reward is not finite.
 */
export function totalReward(
  response: Pick<Response, "rewards">,
  weights?: Readonly<Record<string, number>> | null,
): Reward {
  const { rewards } = response;
  const names = weights ? Object.keys(weights) : Object.hasOwn(rewards, "total") ? ["total"] : Object.keys(rewards);
  let total: Reward = null;
  for (const name of names) {
    const reward = rewards[name] ?? null;
    if (reward === null) continue;
    if (!Number.isFinite(reward)) {
      throw new RangeError(`Reward channel "${name}" is ${reward}; use a finite number, or null where there is none`);
    }
    total = (total ?? 0) + (weights ? weights[name] : 1) * reward;
  }
  return total;
}

/**
 * k1 estimate of KL(old policy || reference) of a whole response in nats: the sum of `old − reference` over its chosen
 * tokens. It is a sample of a divergence, so single responses may be negative.
 *
 * @throws {TypeError} if the response has no reference log-probs.
 */
export function sequenceKl(response: Pick<Response, "mask" | "oldLogProbs" | "referenceLogProbs">): number {
  const { oldLogProbs, referenceLogProbs } = response;
  if (!referenceLogProbs) throw new TypeError("KL in the reward needs referenceLogProbs on every response");
  let sum = 0;
  for (let t = 0; t < oldLogProbs.length; t++) if (isChosen(response, t)) sum += oldLogProbs[t] - referenceLogProbs[t];
  return sum;
}

/** Rewards with `beta` times {@linkcode sequenceKl} subtracted (arXiv 2402.14740; not differentiated). */
export function subtractKl(batch: readonly Response[], rewards: readonly Reward[], beta: number): Reward[] {
  if (beta === 0) return [...rewards];
  return rewards.map((reward, i) => reward === null ? null : reward - beta * sequenceKl(batch[i]));
}
