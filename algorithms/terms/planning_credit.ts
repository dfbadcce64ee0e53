/**
 * More credit and less blame on tokens that plan (HICRA, arXiv 2509.03646).
 *
 * @module
 */

import type { Credit, Response, Row } from "../algorithm.ts";
import { isChosen } from "./batch.ts";

/**
 * `A + α|A|` on the planning tokens that the policy chose, A on all others.
 *
 * Adds the metrics `planningShare` (share of chosen tokens that plan) and `advantageDrift` (mean of what was added over
 * all chosen tokens: the advantages of a group no longer sum to 0), and the trace `outcomeAdvantages` (A of the first
 * token of each response, as it was; 0 for an empty one).
 *
 * @throws {TypeError} if α is positive and a response has no planning mask.
 */
export function amplifyPlanning(batch: readonly Response[], credit: Credit, alpha: number): Credit {
  let tokens = 0, planned = 0, drift = 0;
  const advantages = batch.map((response, i): Row => {
    const { planning } = response;
    if (alpha > 0 && !planning) {
      throw new TypeError(`Response ${i} has no planning mask; it is needed because alpha is ${alpha}`);
    }
    return credit.advantages[i].map((advantage, t) => {
      if (!isChosen(response, t)) return advantage;
      tokens++;
      if (!planning?.[t]) return advantage;
      const added = alpha * Math.abs(advantage);
      planned++;
      drift += added;
      return advantage + added;
    });
  });
  const share = (sum: number) => tokens === 0 ? 0 : sum / tokens;
  return {
    ...credit,
    advantages,
    metrics: { ...credit.metrics, planningShare: share(planned), advantageDrift: share(drift) },
    trace: { ...credit.trace, outcomeAdvantages: Float64Array.from(credit.advantages, (row) => row[0] ?? 0) },
  };
}
