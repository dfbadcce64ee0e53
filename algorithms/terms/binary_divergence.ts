/**
 * How far a policy has moved at one token, judged by the probability of the sampled token against all others together
 * (arXiv 2602.04879, the binary approximation): no other log-prob is needed.
 *
 * @module
 */

/** Name of a divergence between two distributions over {sampled token, any other}. */
export type BinaryDivergence = "tv" | "kl";

/** All names of {@linkcode BinaryDivergence}. */
export const binaryDivergences: readonly BinaryDivergence[] = ["tv", "kl"];

/**
 * - `tv`: total variation, `|p − p_old|`
 * - `kl`: KL(old || new) in nats, `p_old log(p_old / p) + (1 − p_old) log((1 − p_old) / (1 − p))`
 *
 * verl adds 1e-8 to both arguments of the last logarithm; here `1 − p` keeps its precision instead.
 */
export function binaryDivergence(name: BinaryDivergence, logProb: number, oldLogProb: number): number {
  const old = Math.exp(oldLogProb);
  if (name === "tv") return Math.abs(Math.exp(logProb) - old);
  // 1 − exp(x) without cancellation, for tokens that are all but certain; 0 − x, because −x may be −0.
  const rest = 0 - Math.expm1(logProb), oldRest = 0 - Math.expm1(oldLogProb);
  return old * (oldLogProb - logProb) + (oldRest > 0 ? oldRest * Math.log(oldRest / rest) : 0);
}
