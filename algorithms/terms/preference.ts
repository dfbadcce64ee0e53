/**
 * The loss of one preference pair as a function of Δ, by how much more the policy than the reference prefers the chosen
 * response: Δ = log π/π_ref (chosen) − log π/π_ref (rejected).
 *
 * @module
 */

/** Name of a loss. */
export type PreferenceLoss = "sigmoid" | "robust" | "ipo";

/** All names of {@linkcode PreferenceLoss}. */
export const preferenceLosses: readonly PreferenceLoss[] = ["sigmoid", "robust", "ipo"];

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
  loss: PreferenceLoss,
  difference: number,
  { beta, labelSmoothing }: { beta: number; labelSmoothing: number },
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
