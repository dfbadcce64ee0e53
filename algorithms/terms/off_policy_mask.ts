/**
 * Off-policy sequence mask (DeepSeek-V3.2, arXiv 2512.02556; TRL `off_policy_mask_threshold`): a bad response that the
 * policy has already moved away from teaches nothing more and is a source of instability.
 *
 * @module
 */

import type { Algorithm, Credited } from "../algorithm.ts";
import { chosenLength, isChosen } from "./batch.ts";

/** Verdict on each response. */
export interface OffPolicyMask {
  /** Mean of `old − logProb` over the chosen tokens: k1 estimate of KL(old || policy) per token, in nats. */
  sequenceKl: number[];
  /** False where the advantage is negative and {@linkcode OffPolicyMask.sequenceKl} is above the threshold. */
  keep: boolean[];
}

/** Judges each response, by its tokens with negative advantage if it has any. */
export function offPolicyMask(batch: readonly Credited[], threshold: number): OffPolicyMask {
  const sequenceKl = batch.map((response) => {
    let sum = 0;
    response.logProbs.forEach((logProb, t) => {
      if (isChosen(response, t)) sum += response.oldLogProbs[t] - logProb;
    });
    return sum / Math.max(1, chosenLength(response));
  });
  const keep = batch.map((response, i) =>
    sequenceKl[i] <= threshold || !response.advantages.some((advantage, t) => advantage < 0 && isChosen(response, t))
  );
  return { sequenceKl, keep };
}

/**
 * `loss` on the batch with the negative advantages of dropped responses set to 0. Their surrogate is then exactly 0,
 * while they still count in every divisor and keep their KL to the reference, as in the paper's formula and in TRL.
 *
 * Adds the metric `droppedFraction` (share of responses) and the trace `sequenceKl` and `keep` (1 or 0).
 */
export function dropOffPolicy(loss: Algorithm["loss"], threshold: number): Algorithm["loss"] {
  return (batch, state) => {
    const { sequenceKl, keep } = offPolicyMask(batch, threshold);
    const result = loss(
      batch.map((response, i) =>
        keep[i] ? response : { ...response, advantages: response.advantages.map((advantage) => Math.max(0, advantage)) }
      ),
      state,
    );
    const dropped = keep.filter((kept) => !kept).length;
    return {
      ...result,
      metrics: { ...result.metrics, droppedFraction: dropped / Math.max(1, batch.length) },
      trace: { ...result.trace, sequenceKl: Float64Array.from(sequenceKl), keep: Float64Array.from(keep, Number) },
    };
  };
}
