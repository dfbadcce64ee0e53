/**
 * Covariance of advantage and log-prob per token: what makes the entropy of a policy fall (arXiv 2505.22617 §4). A few
 * tokens carry most of it; Clip-Cov and KL-Cov act on these.
 *
 * @module
 */

import type { Credited, Row } from "../algorithm.ts";
import { isChosen } from "./batch.ts";
import type { Spec } from "./options.ts";
import { deviations } from "./statistics.ts";

/**
 * `(A − mean A)(logProb − mean logProb)` of each token, means over the chosen tokens of the batch; 0 on tokens the
 * policy did not choose. Exactly 0 everywhere if all advantages, or all log-probs, are equal.
 */
export function tokenCovariance(batch: readonly Credited[]): Row[] {
  const places = batch.flatMap((response, i) =>
    Array.from(response.logProbs, (_, t) => ({ i, t })).filter(({ t }) => isChosen(response, t))
  );
  const advantages = deviations(places.map(({ i, t }) => batch[i].advantages[t]));
  const logProbs = deviations(places.map(({ i, t }) => batch[i].logProbs[t]));
  const rows = batch.map((response) => new Float64Array(response.logProbs.length));
  places.forEach(({ i, t }, place) => rows[i][t] = advantages[place] * logProbs[place]);
  return rows;
}

/**
 * 1 for the `count` candidates with the greatest score, else 0; no candidate if `count` is 0. Candidates that tie with the last of them, up to
 * rounding, are marked too, so that the order of the batch decides nothing.
 *
 * @param scores one row per response; `null` for what is no candidate
 */
export function markGreatest(scores: readonly (readonly (number | null)[])[], count: number): Row[] {
  const candidates = scores.flat().filter((score) => score !== null).sort((a, b) => b - a);
  const last = candidates[Math.min(count, candidates.length) - 1];
  const rounding = 1e-12 * Math.max(Math.abs(candidates[0]), Math.abs(candidates[candidates.length - 1]));
  return scores.map((row) => Float64Array.from(row, (score) => score !== null && score >= last - rounding ? 1 : 0));
}

/** How many of `tokens` are a share of them: rounded down, but at least 1 (verl's rule). */
export function countOf(share: number, tokens: number): number {
  return Math.max(1, Math.floor(share * tokens));
}

/** Share of the values that are not 0 among those of chosen tokens. */
export function markedShare(marks: readonly Row[], batch: readonly Credited[]): number {
  let marked = 0, chosen = 0;
  marks.forEach((row, i) =>
    row.forEach((mark, t) => {
      if (!isChosen(batch[i], t)) return;
      chosen++;
      if (mark !== 0) marked++;
    })
  );
  return chosen === 0 ? 0 : marked / chosen;
}

/** Documentation and check of the option `share`. */
export function shareOption(what: string): Spec<number> {
  return {
    default: 2e-4,
    description: `share of the minibatch's tokens that are ${what}, rounded down, but at least one token`,
    source: "arXiv 2505.22617 §4.3; verl",
    check: {
      use: "a number greater than 0 and at most 1",
      accepts: (value) => typeof value === "number" && value > 0 && value <= 1,
    },
  };
}
