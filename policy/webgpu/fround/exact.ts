/**
 * What an exact reference is: the numeric contract of an operation's kernels, as text that runs.
 *
 * A reference does the kernels' float32 operations one by one and in their order, each rounded by `Math.fround`. Sums and
 * products of float32 are then correctly rounded, as are quotients and square roots: float64 in between is wide enough
 * to round twice. So on an adapter that never fuses a product with a sum, and divides and takes roots exactly, kernels
 * give the same bits. For tests only.
 *
 * Stores into a `Float32Array` round too; references rely on it where they sum in one.
 *
 * @module
 */

/** A float32 array with a shape. Ids, spans and the like are stored as numbers too. */
export interface Tensor32 {
  shape: readonly number[];
  data: Float32Array;
}

/** The reference of an operation. */
export interface Exact<A> {
  forward(inputs: readonly Tensor32[], attributes: A): Float32Array;
  /** Gradient of each trained input; null, or nothing at the end, for the others. */
  backward?(inputs: readonly Tensor32[], gradient: Float32Array, attributes: A): (Float32Array | null)[];
}
