/**
 * Which problems are trained on, in which order: a function of the seed alone, so every algorithm sees the same ones.
 *
 * @module
 */
import { integer, keyOf } from "../policy/random.ts";
import type { Problems } from "../tasks/task.ts";

/** A permutation of 0 … length - 1 (Fisher-Yates on counter-based draws). */
export function permutation(length: number, seed: number, ...coordinates: (number | string)[]): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  const key = keyOf(seed, "order", ...coordinates);
  for (let last = length - 1; last > 0; last--) {
    const other = integer(key, last, last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** Orders of a list by epoch, of the seed it was last walked with: a step asks for a few places, and an order is whole. */
const known = new WeakMap<Problems, { seed: number; orders: Map<number, Uint32Array> }>();

function ordersOf(problems: Problems, seed: number): Map<number, Uint32Array> {
  let walked = known.get(problems);
  if (walked?.seed !== seed) known.set(problems, walked = { seed, orders: new Map() });
  return walked.orders;
}

/**
 * Indices of `count` training problems behind the `first` ones. A list is walked in a fresh order each epoch; an
 * endless generator is read from a place that depends on the seed, without repeats.
 */
export function trainingIndices(problems: Problems, seed: number, first: number, count: number): number[] {
  const { length } = problems;
  if (length === Infinity) {
    const start = integer(keyOf(seed, "problems"), 0, 2 ** 20) * 2 ** 20;
    return Array.from({ length: count }, (_, index) => start + first + index);
  }
  const orders = ordersOf(problems, seed);
  return Array.from({ length: count }, (_, index) => {
    const epoch = Math.floor((first + index) / length);
    let order = orders.get(epoch);
    if (!order) orders.set(epoch, order = permutation(length, seed, epoch));
    return order[(first + index) % length];
  });
}

/**
 * Indices of the held-out problems, the same in every run: a fixed draw from a list, the first of a generator. Two draws
 * `offset` by at least their count share no problem.
 */
export function evaluationIndices(problems: Problems, count: number, offset = 0): number[] {
  if (problems.length === Infinity) return Array.from({ length: count }, (_, index) => offset + index);
  return [...permutation(problems.length, 0, "evaluation").subarray(offset, offset + count)].sort((a, b) => a - b);
}
