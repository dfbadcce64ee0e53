/**
 * The implicit reward of a policy, β log(π/π′) up to a constant of the prompt, and its regression on real rewards
 * (GVPO, arXiv 2504.19599).
 *
 * @module
 */

import type { Credited, Row } from "../algorithm.ts";
import { groupIndices } from "./batch.ts";
import { responseAdvantage, sumLogRatio } from "./group_loss.ts";
import { above, oneOf, type Specs } from "./options.ts";
import type { Reward } from "./rewards.ts";
import { deviations } from "./statistics.ts";

/** Options of {@linkcode regressImplicitReward}. */
export interface ImplicitRewardOptions {
  /** Policy π′ of the implicit reward: a trust region to the step before, or to the reference. */
  denominator: "old" | "reference";
  /** Temperature β of the implicit reward. */
  beta: number;
  /** What the half sum of squares of a group is divided by. */
  divisor: "one" | "n_minus_1";
}

/** Documentation and checks of {@linkcode ImplicitRewardOptions}, with the defaults of GVPO. */
export const implicitRewardOptions: Specs<ImplicitRewardOptions> = {
  denominator: {
    default: "old",
    description:
      "policy that the implicit reward is measured against: old (trust region to the last step) or reference",
    source: "arXiv 2504.19599 (either); its program: old",
    check: oneOf(["old", "reference"]),
  },
  beta: {
    default: 0.1,
    description: "temperature of the implicit reward: the price of KL to the denominator, in units of reward per nat",
    source: "arXiv 2504.19599 and its script",
    check: above(0),
  },
  divisor: {
    default: "one",
    description: "what a group's half sum of squares is divided by: one, or its size minus 1",
    source: "arXiv 2504.19599; n_minus_1: its program",
    check: oneOf(["one", "n_minus_1"]),
  },
};

/** What the regression says about a batch. */
export interface ImplicitRewardRegression {
  /** Half the sum of squared residuals of each group, divided, summed over groups. */
  loss: number;
  /** d loss / d log-prob of every token of a response. */
  slopes: Row;
  /** β log(π/π′) of each response. */
  implicitReward: Row;
  /** Centred implicit reward minus centred reward of each response; 0 where there is nothing to compare. */
  residual: Row;
}

/**
 * ½ Σ [(R_θ − mean R_θ) − A]² per group, A being the centred reward that credit gave. Responses whose reward is `null`
 * take no part, nor does a group with fewer than two others.
 */
export function regressImplicitReward(
  batch: readonly Credited[],
  rewards: readonly Reward[],
  { denominator, beta, divisor }: ImplicitRewardOptions,
): ImplicitRewardRegression {
  const implicitReward = Float64Array.from(batch, (response) => beta * sumLogRatio(response, denominator));
  const residual = new Float64Array(batch.length), slopes = new Float64Array(batch.length);
  let loss = 0;
  for (const members of groupIndices(batch.map((response) => response.group))) {
    const compared = members.filter((i) => rewards[i] !== null);
    if (compared.length < 2) continue;
    const size = divisor === "one" ? 1 : compared.length - 1;
    deviations(compared.map((i) => implicitReward[i])).forEach((centred, j) => {
      const i = compared[j], distance = centred - responseAdvantage(batch[i]);
      residual[i] = distance;
      // The derivative of the mean drops out: the residuals of a group sum to 0.
      slopes[i] = beta * distance / size;
      loss += distance * distance / (2 * size);
    });
  }
  return { loss, slopes, implicitReward, residual };
}

/**
 * The loss of a group of two, as a regression of pairs like IPO's: ¼ (βΔ − (R₁ − R₂))², Δ being the difference of their
 * log-ratios. DPO puts the same Δ into a logistic loss.
 */
export function implicitRewardPairLoss(beta: number, difference: number, rewardGap: number): number {
  return (beta * difference - rewardGap) ** 2 / 4;
}
