/**
 * Attention over a packed stream: softmax online over blocks of 32 keys, every sum one thread's.
 *
 * @module
 */
import type { PackedAttentionAttributes } from "../../ops/packed_attention.ts";
import type { Exact, Tensor32 } from "./exact.ts";
import { exponential, logarithm } from "./functions.ts";
import { dot } from "./sums.ts";

const { fround } = Math;

/** Keys that a softmax takes in at once. */
const BLOCK = 32;

/** Of `packedAttention`. */
export const exactAttention: Exact<PackedAttentionAttributes> = {
  forward: (inputs, attributes) => attended(inputs, attributes).y,
  backward(inputs, gradient, attributes) {
    const { y, logSums } = attended(inputs, attributes), { heads, keyValueHeads: kv, headSize: size } = attributes;
    const [q, k, v, spans, seen] = inputs.map(({ data }) => data), group = heads / kv;
    const [dq, dk, dv] = [q, k, v].map(({ length }) => new Float32Array(length)), alpha = fround(1 / Math.sqrt(size));
    /** Of a query's head and a key's head: the weight, and the gradient of their score. */
    const pair = (head: number, key: number) => {
      const weight = exponential(fround(fround(product(q, head, k, key, size) * alpha) - logSums[head]));
      const dweight = product(gradient, head, v, key, size), mean = product(gradient, head, y, head, size);
      return { weight, dscore: fround(fround(weight * fround(dweight - mean)) * alpha) };
    };
    for (let head = 0; head < q.length / size; head++) {
      const row = Math.floor(head / heads), keyHead = Math.floor(head % heads / group);
      for (const keyRow of rowsIn(spans, row)) {
        const key = keyRow * kv + keyHead, { dscore } = pair(head, key);
        for (let c = 0; c < size; c++) dq[head * size + c] += fround(dscore * k[key * size + c]);
      }
    }
    for (let key = 0; key < k.length / size; key++) {
      const row = Math.floor(key / kv), first = key % kv * group;
      for (const queryRow of rowsIn(seen, row)) {
        for (let head = queryRow * heads + first; head < queryRow * heads + first + group; head++) {
          const { weight, dscore } = pair(head, key);
          for (let c = 0; c < size; c++) {
            dk[key * size + c] += fround(dscore * q[head * size + c]);
            dv[key * size + c] += fround(weight * gradient[head * size + c]);
          }
        }
      }
    }
    return [dq, dk, dv];
  },
};

/** The output, and for every head of every row the log of its sum of exponentials. */
function attended(
  inputs: readonly Tensor32[],
  { heads, keyValueHeads: kv, headSize: size }: PackedAttentionAttributes,
) {
  const [q, k, v, spans] = inputs.map(({ data }) => data), alpha = fround(1 / Math.sqrt(size));
  const y = new Float32Array(q.length), logSums = new Float32Array(q.length / size);
  for (let head = 0; head < logSums.length; head++) {
    const row = Math.floor(head / heads), keyHead = Math.floor(head % heads / (heads / kv));
    const keys = rowsIn(spans, row).map((keyRow) => keyRow * kv + keyHead), out = new Float32Array(size);
    let top = fround(-3e38), sum = 0;
    for (let start = 0; start < keys.length; start += BLOCK) {
      const block = keys.slice(start, start + BLOCK);
      const scores = block.map((key) => fround(product(q, head, k, key, size) * alpha));
      const before = top;
      top = Math.max(top, ...scores);
      const factor = exponential(fround(before - top));
      const weights = scores.map((score) => exponential(fround(score - top)));
      sum = weights.reduce((sum, weight) => fround(sum + weight), fround(sum * factor));
      for (let c = 0; c < size; c++) {
        out[c] *= factor;
        block.forEach((key, s) => out[c] += fround(weights[s] * v[key * size + c]));
      }
    }
    out.forEach((value, c) => y[head * size + c] = value / sum);
    logSums[head] = top + logarithm(sum);
  }
  return { y, logSums };
}

/** The rows of a row's two ranges, in the order in which they are visited. */
function rowsIn(ranges: Float32Array, row: number): number[] {
  const [near, nearRows, far, farRows] = ranges.subarray(4 * row, 4 * row + 4);
  return [
    ...Array.from({ length: nearRows }, (_, n) => near + n),
    ...Array.from({ length: farRows }, (_, n) => far + n),
  ];
}

/** Product of two heads. */
function product(left: Float32Array, i: number, right: Float32Array, j: number, size: number): number {
  return dot(size, (c) => left[i * size + c], (c) => right[j * size + c]);
}
