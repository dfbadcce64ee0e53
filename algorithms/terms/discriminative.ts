/**
 * DisCO's objective (arXiv 2505.12366 §4): in each question, the scores of right responses against those of wrong ones.
 *
 * @module
 */

import type { Credited, Response, Row } from "../algorithm.ts";
import { chosenLength, groupIndices, isChosen } from "./batch.ts";
import { responseAdvantage } from "./group_loss.ts";
import { above, oneOf, orNull, type Specs } from "./options.ts";
import type { Reward } from "./rewards.ts";
import { softMaximum } from "./soft_maximum.ts";
import { mean } from "./statistics.ts";

/** Options of {@linkcode discriminate}. */
export interface DiscriminativeOptions {
  /** What right responses are compared with: a soft maximum over the wrong ones (DisCO), or their mean (DisCO-b). */
  objective: "dro" | "mean";
  /** Score of a response: the mean log-prob, or the mean ratio, of its tokens. */
  score: "log_likelihood" | "likelihood_ratio";
  /** Temperature of the soft maximum; `null`: 10 for log-likelihood, 1 for likelihood ratio. */
  tau: number | null;
  /** The soft maximum itself, or what the authors' program computes for its gradient. */
  softMaximum: "exact" | "held_divisor";
}

/** Documentation and checks of {@linkcode DiscriminativeOptions}, with the defaults of DisCO. */
export const discriminativeOptions: Specs<DiscriminativeOptions> = {
  objective: {
    default: "dro",
    description: "right responses against a soft maximum over the wrong ones (dro), or their mean (DisCO-b)",
    source: "arXiv 2505.12366 §4",
    check: oneOf(["dro", "mean"]),
  },
  score: {
    default: "log_likelihood",
    description: "score of a response: mean log-prob of its tokens, or mean ratio to the old policy, not clipped",
    source: "arXiv 2505.12366 §4 (log-likelihood has the better results)",
    check: oneOf(["log_likelihood", "likelihood_ratio"]),
  },
  tau: {
    default: null,
    description: "temperature of the soft maximum; null: 10 for log_likelihood, 1 for likelihood_ratio",
    source: "arXiv 2505.12366 and its scripts",
    check: orNull(above(0)),
  },
  softMaximum: {
    default: "exact",
    description: "the soft maximum, or the authors' surrogate with its gradient and another value",
    source: "arXiv 2505.12366 §4; held_divisor: its program",
    check: oneOf(["exact", "held_divisor"]),
  },
};

/** Options of a soft maximum that is not there would do nothing, silently. */
export function refuseDiscriminative(
  { objective }: Pick<DiscriminativeOptions, "objective">,
  explicit: ReadonlySet<string>,
): string | undefined {
  const name = ["tau", "softMaximum"].find((name) => explicit.has(name));
  return objective === "mean" && name !== undefined
    ? `option "${name}" is set, but objective "mean" has no soft maximum; leave it out or use objective "dro"`
    : undefined;
}

/**
 * Weight of each response in DisCO-b's objective: 1/n₊ for those whose reward is exactly 1, −1/n₋ for those with
 * exactly 0; 0 for any other reward and in questions that lack one kind.
 */
export function rightAgainstWrong(rewards: readonly Reward[], groups: readonly number[]): number[] {
  const weights = rewards.map(() => 0);
  for (const members of groupIndices(groups)) {
    const right = members.filter((i) => rewards[i] === 1), wrong = members.filter((i) => rewards[i] === 0);
    if (right.length === 0 || wrong.length === 0) continue;
    for (const i of right) weights[i] = 1 / right.length;
    for (const i of wrong) weights[i] = -1 / wrong.length;
  }
  return weights;
}

/** Mean over the chosen tokens of their log-prob or ratio; NaN if there are none. */
function scoreOf(response: Response, ratio: boolean): number {
  let sum = 0;
  response.logProbs.forEach((logProb, t) => {
    if (isChosen(response, t)) sum += ratio ? Math.exp(logProb - response.oldLogProbs[t]) : logProb;
  });
  return sum / chosenLength(response);
}

/** The objective of a batch; to be maximised. */
export interface Discrimination {
  /** Sum over questions of right scores minus wrong ones, divided by all questions, also those without both kinds. */
  value: number;
  /** d value / d log-prob of one chosen token. */
  slope(response: number, position: number): number;
  /** Score of each response; NaN without chosen tokens. */
  scores: Row;
  /** Weight of each wrong response in the soft maximum of its question; 0 for all others, and in DisCO-b. */
  negativeSoftmax: Row;
}

/** Objective and derivative of a batch credited with {@linkcode rightAgainstWrong}: who is right is read from there. */
export function discriminate(batch: readonly Credited[], options: DiscriminativeOptions): Discrimination {
  const dro = options.objective === "dro", isRatio = options.score === "likelihood_ratio";
  const tau = options.tau ?? (isRatio ? 1 : 10);
  const questions = groupIndices(batch.map((response) => response.group));
  const scores = Float64Array.from(batch, (response) => scoreOf(response, isRatio));
  const weights = Float64Array.from(batch, responseAdvantage), negativeSoftmax = weights.map(() => 0);
  let sum = 0;
  for (const members of questions) {
    const right = members.filter((i) => weights[i] > 0), wrong = members.filter((i) => weights[i] < 0);
    if (right.length === 0 || wrong.length === 0) continue;
    const wrongScores = wrong.map((i) => scores[i]);
    const soft = softMaximum(wrongScores, tau, options.softMaximum === "held_divisor");
    sum += mean(right.map((i) => scores[i])) - (dro ? soft.value : mean(wrongScores));
    if (!dro) continue;
    wrong.forEach((i, j) => {
      negativeSoftmax[i] = soft.softmax[j];
      weights[i] = -soft.factor * soft.softmax[j];
    });
  }
  return {
    value: sum === 0 ? 0 : sum / questions.length,
    slope: (i, t) => {
      // A response without weight must not spread a non-finite ratio.
      if (weights[i] === 0) return 0;
      const perScore = isRatio ? Math.exp(batch[i].logProbs[t] - batch[i].oldLogProbs[t]) : 1;
      return weights[i] * perScore / (questions.length * chosenLength(batch[i]));
    },
    scores,
    negativeSoftmax,
  };
}
