/**
 * Saves the scoring pass where nobody could tell the difference.
 *
 * On the first pass over a rollout batch the current log-probs are the old ones, and most losses look only at their
 * ratio, which is then 1 whatever they are. So the derivative can be foretold from the sampler's log-probs, which
 * differ from the training kernels' in the last bits. The gradient pass gives the exact log-probs as a by-product; the
 * caller computes the derivative again from those and keeps the gradient only if no bit of the derivative changed.
 *
 * @module
 */
import type { Algorithm, Response } from "../algorithms/algorithm.ts";
import type { Policy, Scores } from "../policy/policy.ts";
import { accumulate, type Drawn, score } from "./scoring.ts";
import { Stopwatch } from "./step/parts.ts";

/** What was foretold: the gradient of `derivatives` has been accumulated. */
export interface Foretold {
  /** Exact scores of every sample, as a scoring pass gives them. */
  scores: Scores[];
  /** Positions of the responses that were learned from. */
  learned: readonly number[];
  /** Derivative per response that was learned from. */
  derivatives: readonly Float64Array[];
}

/** Algorithms whose loss looked at more than the ratio: for them foretelling only costs time. */
const unpredictable = new WeakSet<Algorithm>();

/**
 * Accumulates the gradient that the algorithm will ask for if its loss looks only at the ratio.
 *
 * @param batch the whole batch, with the sampler's log-probs as current and old ones
 * @param selected what selection said, where it was asked already
 * @returns null where the algorithm was wrongly foretold before, or learns from nothing
 */
export async function foretell(
  policy: Policy,
  algorithm: Algorithm,
  samples: readonly Drawn[],
  batch: readonly Response[],
  state: unknown,
  selected?: readonly boolean[],
  watch: Stopwatch = new Stopwatch(),
): Promise<Foretold | null> {
  if (unpredictable.has(algorithm)) return null;
  const selection = selected ?? watch.count("algorithm", () => algorithm.select?.(batch, state));
  const learned = samples.map((_, index) => index).filter((index) => selection?.[index] ?? true);
  if (learned.length === 0) return null;
  const derivatives = watch.count("algorithm", () => {
    const credit = algorithm.credit(batch, state);
    const credited = learned.map((index) => ({
      ...batch[index],
      advantages: credit.advantages[index],
      ...credit.returns && { returns: credit.returns[index] },
    }));
    return algorithm.loss(credited, credit.state).gradient;
  });
  const chosen = learned.map((index) => samples[index]);
  const found = await watch.time("update", () => accumulate(policy, chosen, derivatives));
  const scores = new Array<Scores | null>(samples.length).fill(null);
  learned.forEach((index, place) => scores[index] = found[place]);
  const missing = samples.map((_, index) => index).filter((index) => scores[index] === null);
  const rest = await watch.time("score", () => score(policy, missing.map((index) => samples[index])));
  missing.forEach((index, place) => scores[index] = rest[place]);
  return { scores: scores as Scores[], learned, derivatives };
}

/**
 * Whether the accumulated gradient is the one of these responses and `derivatives`; if not, it is discarded and not
 * tried again.
 */
export function cameTrue(
  foretold: Foretold,
  learned: readonly number[],
  derivatives: readonly Float64Array[],
  policy: Policy,
  algorithm: Algorithm,
): boolean {
  const same = learned.length === foretold.learned.length &&
    learned.every((index, i) => index === foretold.learned[i]) &&
    derivatives.every((row, i) => row.every((entry, t) => entry === foretold.derivatives[i][t]));
  if (same) return true;
  policy.discardGradient();
  unpredictable.add(algorithm);
  return false;
}
