/**
 * Inputs to check an operation with, and how far two results are apart.
 *
 * @module
 */
import { keyOf, uniform } from "../random.ts";
import { type Tensor, zeros } from "./op.ts";

/** An input of an operation under test: `trained` inputs have a gradient, `fixed` ones and `ids` have none. */
export interface Input {
  kind: "trained" | "fixed" | "ids";
  tensor: Tensor;
}

/** Float32 numbers in (-scale, scale), the same for the same name. */
export function random(name: string, shape: number[], scale = 1): Tensor {
  const out = zeros(shape), key = keyOf(0, "test", name);
  for (let i = 0; i < out.data.length; i++) out.data[i] = Math.fround((2 * uniform(key, i) - 1) * scale);
  return out;
}

/** A random input that has a gradient. */
export function trained(name: string, shape: number[], scale = 1): Input {
  return { kind: "trained", tensor: random(name, shape, scale) };
}

/** An input without gradient. */
export function fixed(shape: number[], values: ArrayLike<number>): Input {
  return { kind: "fixed", tensor: { shape, data: Float64Array.from(values, Math.fround) } };
}

/** Token ids or positions. */
export function indices(values: readonly number[]): Input {
  return { kind: "ids", tensor: { shape: [values.length], data: Float64Array.from(values) } };
}

/**
 * Largest difference, relative to the largest expected number (or to 1, if all are smaller). Infinity if a number is not
 * finite, or there are more or fewer than expected.
 */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0, largest = 1;
  for (let i = 0; i < actual.length; i++) {
    if (!Number.isFinite(actual[i])) return Infinity;
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference / largest;
}
