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
