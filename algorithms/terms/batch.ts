/**
 * What every term asks of a batch: which tokens the policy chose, and which responses share a prompt.
 *
 * @module
 */

import type { Response, Row } from "../algorithm.ts";

/** Whether the policy chose token `position`; tokens that the environment wrote (tool output) are never learned from. */
export function isChosen(response: Pick<Response, "mask">, position: number): boolean {
  return response.mask === undefined || response.mask[position] !== 0;
}

/** Number of tokens of a response that the policy chose: its length |o| in every formula. */
export function chosenLength(response: Pick<Response, "mask" | "logProbs">): number {
  let count = 0;
  for (let t = 0; t < response.logProbs.length; t++) if (isChosen(response, t)) count++;
  return count;
}

/**
 * Indices of the responses of each prompt, in order of first appearance.
 *
 * Grouping is by prompt identity and not by position, because batches are shuffled, filtered and sharded.
 */
export function groupIndices(groups: readonly number[]): number[][] {
  const byGroup = new Map<number, number[]>();
  groups.forEach((group, index) => {
    const members = byGroup.get(group);
    if (members) members.push(index);
    else byGroup.set(group, [index]);
  });
  return [...byGroup.values()];
}

/**
 * A row of zeros for each response, one number per token. They are views of one array: an array for every row costs
 * more than what is computed in it.
 */
export function zeroRows(batch: readonly Pick<Response, "logProbs">[]): Row[] {
  const all = new Float64Array(batch.reduce((sum, { logProbs }) => sum + logProbs.length, 0));
  let end = 0;
  return batch.map(({ logProbs }) => all.subarray(end, end += logProbs.length));
}
