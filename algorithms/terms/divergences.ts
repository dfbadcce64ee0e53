/**
 * Estimates of KL(policy || reference) from one sampled token, with `d = referenceLogProb − logProb`, in nats
 * (Schulman, "Approximating KL divergence", 2020).
 *
 * Value and gradient are different matters: as differentiated loss terms on policy, the expected gradient of k1 is 0,
 * that of k2 is the reverse KL's, that of k3 is the forward KL's; k3_is has the reverse KL's, also off policy.
 *
 * @module
 */

/** Name of an estimator. */
export type KlEstimator = "k1" | "k2" | "k3" | "k3_is";

/** All names of {@linkcode KlEstimator}. */
export const klEstimators: readonly KlEstimator[] = ["k1", "k2", "k3", "k3_is"];

/** An estimate and its derivative to the log-prob of the trained policy. */
export interface Divergence {
  /** The estimate, in nats. */
  value: number;
  /** d value / d logProb. */
  derivative: number;
}

/**
 * - `k1` = −d, unbiased, may be negative
 * - `k2` = d²/2
 * - `k3` = e^d − d − 1, unbiased, never negative (arXiv 2402.03300 eq. 4)
 * - `k3_is` = ratio · k3 with the ratio differentiated (arXiv 2512.02556; TRL `use_bias_correction_kl`)
 */
export function klDivergence(
  estimator: KlEstimator,
  logProb: number,
  referenceLogProb: number,
  oldLogProb: number,
): Divergence {
  const d = referenceLogProb - logProb;
  switch (estimator) {
    case "k1":
      return { value: -d, derivative: 1 };
    case "k2":
      return { value: d * d / 2, derivative: -d };
    case "k3": {
      const excess = Math.expm1(d);
      return { value: excess - d, derivative: -excess };
    }
    case "k3_is": {
      const ratio = Math.exp(logProb - oldLogProb);
      return { value: ratio * (Math.expm1(d) - d), derivative: -ratio * d };
    }
  }
}
