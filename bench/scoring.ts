/**
 * Scores and gradients of responses that may have been drawn at different temperatures: each is scored at its own, so
 * that the log-probs are those of the distribution it was drawn from.
 *
 * @module
 */
import type { Policy, Sample, Scores } from "../policy/policy.ts";

/** What is scored: a sample and the temperature it was drawn with. */
export interface Drawn extends Sample {
  /** Divides the logits. */
  temperature: number;
}

/** Positions of the samples by temperature, in order of first appearance. */
function byTemperature(samples: readonly Drawn[]): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  samples.forEach(({ temperature }, index) => {
    const list = positions.get(temperature);
    if (list) list.push(index);
    else positions.set(temperature, [index]);
  });
  return positions;
}

/** Scores each sample at its own temperature, in the order given. */
export async function score(policy: Policy, samples: readonly Drawn[]): Promise<Scores[]> {
  const scores = new Array<Scores>(samples.length);
  for (const [temperature, positions] of byTemperature(samples)) {
    const found = await policy.logProbs(positions.map((position) => samples[position]), { temperature });
    positions.forEach((position, index) => scores[position] = found[index]);
  }
  return scores;
}

/** Accumulates the gradient of each sample at its own temperature; returns the scores that came with it. */
export async function accumulate(
  policy: Policy,
  samples: readonly Drawn[],
  derivatives: readonly ArrayLike<number>[],
): Promise<(Scores | null)[]> {
  const scores = new Array<Scores | null>(samples.length).fill(null);
  for (const [temperature, positions] of byTemperature(samples)) {
    const found = await policy.accumulate(
      positions.map((position) => samples[position]),
      positions.map((position) => derivatives[position]),
      { temperature },
    );
    positions.forEach((position, index) => scores[position] = found[index]);
  }
  return scores;
}
