/**
 * Losses that are a function of whole groups instead of a sum over tokens (DisCO, GVPO, DPO). They replace layers 3
 * and 4 by a formula of their own; this gives them the metrics and the trace that all other algorithms have.
 *
 * @module
 */

import type { Credited, Loss, Response, Row } from "../algorithm.ts";
import { chosenLength, isChosen } from "./batch.ts";
import type { Specs } from "./options.ts";
import { policyLoss } from "./policy_loss.ts";
import { type Reward, totalReward } from "./rewards.ts";
import { type BatchOptions, batchOptions } from "./shared_options.ts";

/** The option that all these losses share; tokens are weighed by the formula, not by an aggregation. */
export type GroupLossOptions = Pick<BatchOptions, "rewardWeights">;

/** Documentation and check of {@linkcode GroupLossOptions}. */
export function groupLossOptions(): Specs<GroupLossOptions> {
  const { rewardWeights } = batchOptions("token_mean", "");
  return { rewardWeights };
}

/**
 * Reward of each response that can be compared with others: `null` where no channel rewarded it, and where the policy
 * chose no token, so that there is nothing to learn it by.
 */
export function comparableRewards(batch: readonly Response[], weights: GroupLossOptions["rewardWeights"]): Reward[] {
  return batch.map((response) => chosenLength(response) === 0 ? null : totalReward(response, weights));
}

/** The one advantage that outcome credit gave all tokens of a response; 0 if the policy chose none. */
export function responseAdvantage(response: Credited): number {
  for (let t = 0; t < response.advantages.length; t++) if (isChosen(response, t)) return response.advantages[t];
  return 0;
}

/**
 * `log π(o) − log π′(o)` of a whole response in nats: the sum over its chosen tokens, π′ being the old or the reference
 * policy.
 *
 * @throws {TypeError} if the response has no reference log-probs and they are asked for.
 */
export function sumLogRatio(response: Response, denominator: "old" | "reference"): number {
  const other = denominator === "old" ? response.oldLogProbs : response.referenceLogProbs;
  if (!other) throw new TypeError("The loss needs referenceLogProbs on every response, and one has none");
  let sum = 0;
  for (let t = 0; t < response.logProbs.length; t++) if (isChosen(response, t)) sum += response.logProbs[t] - other[t];
  return sum;
}

/** What a formula over whole groups computes itself. */
export interface GroupLossParts {
  /** The loss. */
  loss: number;
  /** d loss / d log-prob of one token; asked only for tokens that the policy chose. */
  slope(response: number, position: number): number;
  /** Metrics beside those of every loss. */
  metrics?: Record<string, number>;
  /** Trace beside `ratio`. */
  trace?: Record<string, Row[] | Row>;
}

/**
 * The result of such a loss, with `ratioMean`, `ratioMax`, `klOld` and, where there is a reference, `kl` as
 * {@linkcode policyLoss} measures them. Nothing is clipped: `clipFraction` is 0. The ratio is a diagnosis here, the
 * formula need not use it.
 */
export function groupLoss(batch: readonly Credited[], { loss, slope, metrics, trace }: GroupLossParts): Loss {
  const measured = policyLoss(batch, {
    weights: batch.map((response) => response.logProbs.map(() => 1)),
    surrogate: ({ response, position }) => ({ loss: 0, slope: slope(response, position), clipped: false }),
  });
  return {
    loss,
    gradient: measured.gradient,
    metrics: { ...measured.metrics, ...metrics },
    trace: { ratio: measured.trace.ratio, ...trace },
  };
}
