/**
 * The two orders in which kernels sum.
 *
 * @module
 */
import { THREADS } from "../plan.ts";

const { fround } = Math;

/** One thread's sum of `left · right`: starts at 0, ascending, a rounded product and a rounded sum at each step. */
export function dot(count: number, left: (n: number) => number, right: (n: number) => number): number {
  let sum = 0;
  for (let n = 0; n < count; n++) sum = fround(sum + fround(left(n) * right(n)));
  return sum;
}

/** One thread's sum of float32 numbers: starts at 0, ascending. */
export function sumInOrder(count: number, term: (n: number) => number): number {
  let sum = 0;
  for (let n = 0; n < count; n++) sum = fround(sum + term(n));
  return sum;
}

/** A workgroup's sum: lane `l` sums the terms l, l + 64, … in order; then the upper half of lanes is added to the lower. */
export function sumOfLanes(count: number, term: (n: number) => number): number {
  const lanes = new Float32Array(THREADS);
  for (let n = 0; n < count; n++) lanes[n % THREADS] += term(n);
  for (let half = THREADS / 2; half >= 1; half /= 2) {
    for (let lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}
