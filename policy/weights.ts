/**
 * All weights of a model: as one array, or read while they are taken, for those who keep them elsewhere.
 *
 * @module
 */

/** Weights that stand one after another. */
export interface WeightPiece {
  /** Place of the first one in the order of `parameterShapes`. */
  offset: number;
  /** They hold until the next piece is asked for. */
  numbers: Float32Array;
}

/** Weights that are never in memory all at once. */
export interface WeightStream {
  /** How many there are. */
  readonly length: number;
  /** All of them in the order of `parameterShapes`, as often as asked. */
  pieces(): Iterable<WeightPiece>;
}

/** All weights in the order of `parameterShapes`. */
export type Weights = Float32Array | WeightStream;

/** Weights piece by piece; an array is one. */
export function piecesOf(weights: Weights): Iterable<WeightPiece> {
  return weights instanceof Float32Array ? [{ offset: 0, numbers: weights }] : weights.pieces();
}

/** Weights and further ones behind them. */
export function followedBy(weights: Weights, more: Float32Array): WeightStream {
  return {
    length: weights.length + more.length,
    *pieces() {
      yield* piecesOf(weights);
      yield { offset: weights.length, numbers: more };
    },
  };
}

/** The first `length` weights. */
export function firstOf(weights: Weights, length: number): Weights {
  if (weights instanceof Float32Array) return weights.subarray(0, length);
  return {
    length,
    *pieces() {
      for (const { offset, numbers } of weights.pieces()) {
        if (offset >= length) return;
        yield { offset, numbers: numbers.subarray(0, length - offset) };
      }
    },
  };
}

/** Weights in one array; those that are one already are not copied. */
export function arrayOf(weights: Weights): Float32Array {
  if (weights instanceof Float32Array) return weights;
  const all = new Float32Array(weights.length);
  for (const { offset, numbers } of weights.pieces()) all.set(numbers, offset);
  return all;
}
