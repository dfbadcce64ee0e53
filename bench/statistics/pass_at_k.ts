/**
 * pass@k without bias (Chen et al., arXiv 2107.03374, 2021).
 *
 * @module
 */

/**
 * Probability that at least one of `k` responses drawn without replacement from `samples` is right, if `right` of them
 * are. Unlike `1 - (1 - right / samples) ** k` its expectation is the true pass@k.
 *
 * @example
 * ```ts
 * import { passAtK } from "@podium/rl/bench";
 * passAtK(8, 2, 1); // 0.25
 * ```
 */
export function passAtK(samples: number, right: number, k: number): number {
  if (!(k >= 1 && k <= samples)) throw new RangeError(`pass@${k} needs k between 1 and the ${samples} samples drawn.`);
  let allWrong = 1;
  for (let i = 0; i < k; i++) allWrong *= Math.max(0, samples - right - i) / (samples - i);
  return 1 - allWrong;
}

/**
 * Probability that all of `k` responses drawn without replacement are right: reliability where `passAtK` is reach
 * (pass^k of tau-bench; Yao et al., arXiv 2406.12045, 2024).
 */
export function passAllOfK(samples: number, right: number, k: number): number {
  if (!(k >= 1 && k <= samples)) throw new RangeError(`pass^${k} needs k between 1 and the ${samples} samples drawn.`);
  let allRight = 1;
  for (let i = 0; i < k; i++) allRight *= Math.max(0, right - i) / (samples - i);
  return allRight;
}
