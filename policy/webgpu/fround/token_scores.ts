/**
 * The head of a language model: a softmax over chunks of the vocabulary, sums over the lanes of a workgroup.
 *
 * @module
 */
import type { Exact, Tensor32 } from "./exact.ts";
import { exponential, logarithm } from "./functions.ts";
import { dot, sumOfLanes } from "./sums.ts";

const { fround } = Math;

/** Where the vocabulary is cut: chunks begin anew where a part of the table does. */
export interface ChunkAttributes {
  chunk: number;
  /** Rows of each part; by default there is one. */
  parts?: readonly number[];
}

/** Of `tokenScores`. */
export const exactTokenScores: Exact<ChunkAttributes> = {
  forward: (inputs, attributes) =>
    Float32Array.from(softmaxes(inputs, attributes).flatMap(({ logProb, entropy }) => [logProb, entropy])),
  backward(inputs, gradient, attributes) {
    const [x, table, targets, inverse] = inputs, [rows, width] = x.shape, [size] = table.shape;
    const dlogits = softmaxes(inputs, attributes).flatMap(({ logits, top, logSum, entropy }, row) => {
      const [dlogProb, dentropy] = gradient.subarray(2 * row), factor = inverse.data[row];
      return logits.map((logit, v) => {
        const logProb = fround(fround(fround(logit * factor) - top) - logSum), probability = exponential(logProb);
        const drawn = fround(dlogProb * fround((v === targets.data[row] ? 1 : 0) - probability));
        const spread = fround(fround(dentropy * probability) * fround(logProb + entropy));
        return fround(factor * fround(drawn - spread));
      });
    });
    // Each chunk's part of the product is a sum of its own.
    const dx = new Float32Array(x.data.length);
    for (const { first, count } of chunksOf(size, attributes)) {
      for (let i = 0; i < dx.length; i++) {
        const row = Math.floor(i / width), c = i % width;
        dx[i] += dot(count, (n) => dlogits[row * size + first + n], (n) => table.data[(first + n) * width + c]);
      }
    }
    const dtable = table.data.map((_, at) => {
      const v = Math.floor(at / width), c = at % width;
      return dot(rows, (row) => dlogits[row * size + v], (row) => x.data[row * width + c]);
    });
    return [dx, dtable];
  },
};

/** What a row's softmax comes to. */
export interface Softmax {
  /** At temperature 1 [V]. */
  logits: number[];
  /** The largest logit over the temperature, and the log of the sum of exponentials relative to it. */
  top: number;
  logSum: number;
  /** Of the target. */
  logProb: number;
  entropy: number;
}

/** The softmax of every row. */
export function softmaxes([x, table, targets, inverse]: readonly Tensor32[], attributes: ChunkAttributes): Softmax[] {
  const [rows, width] = x.shape, [size] = table.shape;
  return Array.from({ length: rows }, (_, row) => {
    const factor = inverse.data[row];
    const logits = Array.from(
      { length: size },
      (_, v) => dot(width, (c) => x.data[row * width + c], (c) => table.data[v * width + c]),
    );
    const scaled = logits.map((logit) => fround(logit * factor));
    let top = fround(-3e38), sum = 0, weighted = 0;
    for (const { first, count } of chunksOf(size, attributes)) {
      const here = scaled.slice(first, first + count), before = top;
      top = Math.max(before, ...here);
      const z = here.map((value) => fround(value - top)), e = z.map(exponential);
      const shift = fround(before - top), shrink = exponential(shift);
      // Moved to the new top with the sum as it was.
      const moved = fround(fround(weighted + fround(shift * sum)) * shrink);
      weighted = fround(moved + sumOfLanes(count, (n) => fround(e[n] * z[n])));
      sum = fround(fround(sum * shrink) + sumOfLanes(count, (n) => e[n]));
    }
    const logSum = logarithm(sum), logProb = fround(fround(scaled[targets.data[row]] - top) - logSum);
    return { logits, top, logSum, logProb, entropy: fround(logSum - fround(weighted / sum)) };
  });
}

function chunksOf(size: number, { chunk, parts = [size] }: ChunkAttributes): { first: number; count: number }[] {
  let first = 0;
  return parts.flatMap((rows) => {
    const own = Array.from({ length: Math.ceil(rows / chunk) }, (_, n) => ({
      first: first + n * chunk,
      count: Math.min(chunk, rows - n * chunk),
    }));
    first += rows;
    return own;
  });
}
