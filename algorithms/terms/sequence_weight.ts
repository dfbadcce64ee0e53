/**
 * A smooth weight for the policy gradient of a response that was sampled from another policy.
 *
 * @module
 */

/** Exponents and decays of {@linkcode sequenceWeight}. */
export interface SequenceWeightShape {
  /** Exponent k where A is not negative. */
  kPositive: number;
  /** Decay λ where A is not negative. */
  lambdaPositive: number;
  /** Exponent k where A < 0. */
  kNegative: number;
  /** Decay λ where A < 0. */
  lambdaNegative: number;
}

/**
 * `φ = W^k · e^(λ(1−W))` for `W = e^logRatio`, the ratio of the probabilities of a whole response (VESPO, arXiv
 * 2602.10693). 1 on policy, largest at W = k/λ, 0 in both limits; computed from logarithms, so that it is finite there.
 */
export function sequenceWeight(logRatio: number, advantage: number, shape: SequenceWeightShape): number {
  const [k, lambda] = advantage < 0 ? [shape.kNegative, shape.lambdaNegative] : [shape.kPositive, shape.lambdaPositive];
  return Math.exp(k * logRatio - lambda * Math.expm1(logRatio));
}
