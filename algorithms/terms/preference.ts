/**
 * The loss of preference pairs as a function of Δ, by how much more the policy than the reference prefers the chosen
 * response: Δ = log π/π_ref (chosen) − log π/π_ref (rejected).
 *
 * @module
 */

import type { Credited, Row } from "../algorithm.ts";
import { chosenLength } from "./batch.ts";
import { sumLogRatio } from "./group_loss.ts";
import { above, oneOf, type Specs } from "./options.ts";
import { pairsOf } from "./pairs.ts";
import { mean } from "./statistics.ts";

/** Name of a loss. */
export type PreferenceLoss = "sigmoid" | "robust" | "ipo";

/** All names of {@linkcode PreferenceLoss}. */
export const preferenceLosses: readonly PreferenceLoss[] = ["sigmoid", "robust", "ipo"];

/** Options of {@linkcode preferenceLoss} and {@linkcode pairwiseLoss}. */
export interface PreferenceOptions {
  /** Loss of a pair. */
  loss: PreferenceLoss;
  /** Temperature β of the implicit reward: the price of KL to the reference. */
  beta: number;
  /** Assumed share of pairs whose labels are swapped. */
  labelSmoothing: number;
  /** Log-ratio of a response: the sum over its tokens, or their mean. */
  logRatio: "sum" | "mean";
}

/** Documentation and checks of {@linkcode PreferenceOptions}, with the defaults of DPO. */
export const preferenceOptions: Specs<PreferenceOptions> = {
  loss: {
    default: "sigmoid",
    description: "loss of a pair: sigmoid, robust (unbiased under swapped labels), or ipo (squared)",
    source: "arXiv 2305.18290 eq. 7; robust: arXiv 2403.00409; ipo: arXiv 2310.12036",
    check: oneOf(preferenceLosses),
  },
  beta: {
    default: 0.1,
    description: "temperature of the implicit reward: the price of KL to the reference",
    source: "arXiv 2305.18290; TRL",
    check: above(0),
  },
  labelSmoothing: {
    default: 0,
    description: "assumed share of pairs whose labels are swapped, below 0.5",
    source: "arXiv 2305.18290; TRL label_smoothing",
    check: {
      use: "a number of at least 0 and below 0.5",
      accepts: (value) => typeof value === "number" && value >= 0 && value < 0.5,
    },
  },
  logRatio: {
    default: "sum",
    description: "log-ratio of a response: sum over its tokens, or their mean",
    source: "arXiv 2305.18290; mean: TRL's ipo",
    check: oneOf(["sum", "mean"]),
  },
};

/** Label smoothing that the loss does not have would do nothing, silently. */
export function refusePreference({ loss, labelSmoothing }: PreferenceOptions): string | undefined {
  return loss === "ipo" && labelSmoothing > 0
    ? `option "labelSmoothing" is ${labelSmoothing}, which loss "ipo" does not use; leave it out or use loss "sigmoid"`
    : undefined;
}

/** `1 / (1 + e^−x)`, without overflow. */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** `log sigmoid(x)`, without overflow or underflow. */
export function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

/** Loss and derivative. */
export interface PairLoss {
  /** The loss. */
  value: number;
  /** d value / d Δ. */
  derivative: number;
}

/**
 * With margin m = βΔ and share ε of wrong labels (`labelSmoothing`, below 1/2):
 *
 * - `sigmoid`: −(1 − ε) log σ(m) − ε log σ(−m) (arXiv 2305.18290 eq. 7; ε > 0: its conservative form)
 * - `robust`: [−(1 − ε) log σ(m) + ε log σ(−m)] / (1 − 2ε), unbiased under wrong labels (arXiv 2403.00409), and not
 *   bounded from below
 * - `ipo`: (Δ − 1/(2β))² (arXiv 2310.12036), where ε has no part
 */
export function preferenceLoss(
  difference: number,
  { loss, beta, labelSmoothing }: Omit<PreferenceOptions, "logRatio">,
): PairLoss {
  if (loss === "ipo") {
    const distance = difference - 1 / (2 * beta);
    return { value: distance * distance, derivative: 2 * distance };
  }
  const margin = beta * difference;
  const sign = loss === "robust" ? -1 : 1, divisor = loss === "robust" ? 1 - 2 * labelSmoothing : 1;
  const right = (1 - labelSmoothing) / divisor, wrong = sign * labelSmoothing / divisor;
  return {
    value: -right * logSigmoid(margin) - wrong * logSigmoid(-margin),
    derivative: beta * (wrong * sigmoid(margin) - right * sigmoid(-margin)),
  };
}

/** What the loss says about a batch. */
export interface PairwiseLoss {
  /** Mean over the pairs of the batch; 0 if there are none. */
  loss: number;
  /** d loss / d log-prob of every token of a response. */
  slopes: Row;
  /** Δ of each pair. */
  difference: Row;
  /** βΔ of each pair. */
  margin: Row;
  /** σ(−βΔ) of each pair: the probability that the implicit rewards give to the wrong order. */
  misrankProbability: Row;
}

/**
 * Mean loss over the pairs of a credited batch ({@linkcode pairsOf}).
 *
 * @throws {TypeError} if a response of a pair has no reference log-probs.
 */
export function pairwiseLoss(batch: readonly Credited[], options: PreferenceOptions): PairwiseLoss {
  const pairs = pairsOf(batch);
  const lengths = batch.map((response) => options.logRatio === "mean" ? chosenLength(response) : 1);
  const logRatio = (i: number) => sumLogRatio(batch[i], "reference") / lengths[i];
  const difference = Float64Array.from(pairs, ({ chosen, rejected }) => logRatio(chosen) - logRatio(rejected));
  const margin = difference.map((value) => options.beta * value);
  const slopes = new Float64Array(batch.length);
  const losses = pairs.map(({ chosen, rejected }, p) => {
    const { value, derivative } = preferenceLoss(difference[p], options);
    slopes[chosen] = derivative / (pairs.length * lengths[chosen]);
    slopes[rejected] = -derivative / (pairs.length * lengths[rejected]);
    return value;
  });
  return { loss: mean(losses), slopes, difference, margin, misrankProbability: margin.map((value) => sigmoid(-value)) };
}
