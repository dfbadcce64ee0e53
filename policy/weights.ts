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
  /** The same, put where they are to stay without a copy in between, where there is a way to. */
  into?(all: Float32Array): void;
}

/** All weights in the order of `parameterShapes`. */
export type Weights = Float32Array | WeightStream;

/** Numbers on their way to a file, which are taken once. */
export interface Flow {
  /** How many there are. */
  readonly length: number;
  /** All of them, one part after another; a part holds until the next one is asked for. */
  readonly parts: Iterable<Float32Array> | AsyncIterable<Float32Array>;
}

/** Numbers as a file takes them: an array is one part. */
export function flowOf(numbers: Float32Array | Flow): Flow {
  return numbers instanceof Float32Array ? { length: numbers.length, parts: [numbers] } : numbers;
}

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
    into(all) {
      putInto(all.subarray(0, weights.length), weights);
      all.set(more, weights.length);
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
  putInto(all, weights);
  return all;
}

/** Puts weights into an array of their length. */
export function putInto(all: Float32Array, weights: Weights): void {
  if (!(weights instanceof Float32Array) && weights.into) weights.into(all);
  else for (const { offset, numbers } of piecesOf(weights)) all.set(numbers, offset);
}

/** Those of the numbers that lie in ranges, which stand in ascending order and do not overlap. */
export async function* partsWithin(
  parts: Flow["parts"],
  ranges: readonly { offset: number; length: number }[],
): AsyncGenerator<Float32Array> {
  let at = 0, next = 0;
  for await (const part of parts) {
    const end = at + part.length;
    for (let i = next; i < ranges.length && ranges[i].offset < end; i++) {
      const { offset, length } = ranges[i];
      if (offset + length > at) yield part.subarray(Math.max(0, offset - at), offset + length - at);
      if (offset + length <= end) next = i + 1;
    }
    at = end;
  }
}
