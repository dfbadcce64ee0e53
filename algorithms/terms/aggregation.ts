/**
 * Layer 4: the weight of each token, so that loss = Σ weight · token loss.
 *
 * @module
 */

import type { Response, Row } from "../algorithm.ts";
import { chosenLength, groupIndices, isChosen, zeroRows } from "./batch.ts";

/**
 * - `token_mean`: 1 / all tokens of the batch (DAPO as implemented by verl and TRL)
 * - `token_mean_per_group`: mean over prompts of the token mean of each (arXiv 2503.14476 eq. 8 as printed)
 * - `token_sum`: 1
 * - `seq_mean_token_mean`: 1 / (B · |o|) (GRPO, arXiv 2402.03300 eq. 3)
 * - `seq_mean_token_sum`: 1 / B (REINFORCE and RLOO on whole responses; Dr. GRPO as printed)
 * - `seq_mean_token_sum_norm`: 1 / (B · maxLength) (Dr. GRPO as implemented, arXiv 2503.20783 listing 1)
 */
export type Aggregation =
  | "token_mean"
  | "token_mean_per_group"
  | "token_sum"
  | "seq_mean_token_mean"
  | "seq_mean_token_sum"
  | "seq_mean_token_sum_norm";

/** All names of {@linkcode Aggregation}. */
export const aggregations: readonly Aggregation[] = [
  "token_mean",
  "token_mean_per_group",
  "token_sum",
  "seq_mean_token_mean",
  "seq_mean_token_sum",
  "seq_mean_token_sum_norm",
];

/** Options of {@linkcode tokenWeights}. */
export interface AggregationOptions {
  /** Rule that sets the weights. */
  aggregation: Aggregation;
  /** Constant divisor of `seq_mean_token_sum_norm` in tokens. Default: {@linkcode Response.budget}. */
  maxLength?: number | null;
  /** Keep truncated responses out of the loss. Default false. */
  maskTruncated?: boolean;
  /** Per response: false keeps it out of the loss. Default: all true. */
  alive?: readonly boolean[];
}

/** Part of a response that {@linkcode tokenWeights} looks at. */
export type Weighed = Pick<Response, "group" | "mask" | "logProbs" | "budget" | "truncated">;

/**
 * Weight of each token, one row per response; 0 on tokens the policy did not choose and on responses that are not
 * alive. Token means count living tokens only; sequence means keep B and group means keep the number of prompts, so
 * that masking a response does not make the others louder (TRL; verl with `global_batch_size`).
 *
 * @throws {RangeError} if `seq_mean_token_sum_norm` has neither `maxLength` nor a budget.
 */
export function tokenWeights(batch: readonly Weighed[], options: AggregationOptions): Row[] {
  const { aggregation, maxLength, maskTruncated, alive } = options;
  const lengths = batch.map((response, i) =>
    alive?.[i] === false || (maskTruncated && response.truncated) ? 0 : chosenLength(response)
  );
  const sum = (members: readonly number[]) => members.reduce((total, i) => total + lengths[i], 0);
  const perResponse = new Float64Array(batch.length);
  const total = sum(lengths.map((_, i) => i));
  const groups = aggregation === "token_mean_per_group" ? groupIndices(batch.map((response) => response.group)) : [];
  for (const members of groups) for (const i of members) perResponse[i] = 1 / (groups.length * sum(members));
  batch.forEach((response, i) => {
    if (aggregation === "token_mean") perResponse[i] = 1 / total;
    if (aggregation === "token_sum") perResponse[i] = 1;
    if (aggregation === "seq_mean_token_mean") perResponse[i] = 1 / (batch.length * lengths[i]);
    if (aggregation === "seq_mean_token_sum") perResponse[i] = 1 / batch.length;
    if (aggregation === "seq_mean_token_sum_norm") {
      const constant = maxLength ?? response.budget;
      if (constant === undefined) {
        throw new RangeError("Aggregation seq_mean_token_sum_norm needs maxLength, or a budget on every response");
      }
      perResponse[i] = 1 / (batch.length * constant);
    }
  });
  // A response without living tokens has an infinite weight at this point, and no token to put it on.
  const weights = zeroRows(batch);
  batch.forEach((response, i) => {
    for (let t = 0; lengths[i] > 0 && t < weights[i].length; t++) {
      if (isChosen(response, t)) weights[i][t] = perResponse[i];
    }
  });
  return weights;
}
