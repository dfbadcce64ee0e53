/**
 * Random choices of the algorithms that change the prompt: pure functions of a seed, the name of what is chosen, and
 * coordinates. Whoever runs a step again makes the same choices.
 *
 * @module
 */

import { hashWords } from "../../terms/counter_hash.ts";

/** Uniform in [0, 1), a multiple of 2⁻³²: MurmurHash3 of the name and the coordinates (whole numbers). */
export function draw(seed: number, name: string, ...coordinates: readonly number[]): number {
  const letters = Array.from(name, (letter) => letter.codePointAt(0)!);
  const words = [...letters, Math.floor(seed / 2 ** 32), ...coordinates];
  return hashWords(words, seed) / 2 ** 32;
}

/** The numbers from 0 to `length` − 1 in a random order (Fisher and Yates). */
export function shuffled(length: number, seed: number, name: string, ...coordinates: readonly number[]): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(draw(seed, name, ...coordinates, i) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Index chosen by `ticket` in [0, 1) with a probability proportional to its weight; uniform if all weights are 0.
 *
 * @throws {RangeError} if there is nothing to choose from.
 */
export function chooseWeighted(weights: readonly number[], ticket: number): number {
  if (weights.length === 0) throw new RangeError("Nothing to choose from: there are no weights");
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return Math.floor(ticket * weights.length);
  let left = ticket * total;
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  // Rounding can leave a rest: the last one that can be chosen.
  return weights.findLastIndex((weight) => weight > 0);
}
