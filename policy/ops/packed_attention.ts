/**
 * Causal attention with grouped queries over a packed stream: sequences of any lengths one behind the other, without
 * padding, and without a matrix of scores.
 *
 * A row sees a prefix and then its own sequence up to itself, both ranges of rows: `spans` holds for each query row
 * (first prefix row, prefix rows, first own row, own rows). Responses of one prompt name the same prefix, so it is
 * computed once; in decoding, keys and values are a cache and the spans point into it. Keys are always visited in this
 * order and in blocks of one size, so a row has the same bits in prefill, decoding, scoring and training.
 *
 * The gradient of a key needs the converse: `seen` holds for each key row the two ranges of query rows that see it
 * (first and number, then first and number of another). For the GPU only; kernels in `webgpu/kernels/attention.ts`.
 *
 * @module
 */
import { planAttention, planAttentionBackward } from "../webgpu/kernels/attention.ts";
import { type Op, type Tensor, zeros } from "./op.ts";

/** Head counts; `heads` is a multiple of `keyValueHeads`. */
export interface PackedAttentionAttributes {
  heads: number;
  keyValueHeads: number;
  headSize: number;
}

/**
 * Inputs: q [N, heads · headSize], k and v [S, keyValueHeads · headSize], spans [N, 4] (row numbers) and, for the
 * backward on the GPU, seen [S, 4]. Output like q.
 */
export const packedAttention: Op<PackedAttentionAttributes> = {
  name: "packed_attention",
  shape: ([q]) => q,
  forward(inputs, attributes) {
    const [q, , v] = inputs, out = zeros(q.shape);
    eachQuery(inputs, attributes, ({ query, keys, weights }) => {
      keys.forEach((key, s) => {
        for (let c = 0; c < attributes.headSize; c++) out.data[query + c] += weights[s] * v.data[key + c];
      });
    });
    return out;
  },
  backward(inputs, output, gradient, attributes) {
    const [q, k, v] = inputs, [dq, dk, dv] = [zeros(q.shape), zeros(k.shape), zeros(v.shape)];
    const size = attributes.headSize, alpha = 1 / Math.sqrt(size);
    eachQuery(inputs, attributes, ({ query, keys, weights }) => {
      let dot = 0;
      for (let c = 0; c < size; c++) dot += gradient.data[query + c] * output.data[query + c];
      keys.forEach((key, s) => {
        let dweight = 0;
        for (let c = 0; c < size; c++) dweight += gradient.data[query + c] * v.data[key + c];
        const dscore = alpha * weights[s] * (dweight - dot);
        for (let c = 0; c < size; c++) {
          dv.data[key + c] += weights[s] * gradient.data[query + c];
          dq.data[query + c] += dscore * k.data[key + c];
          dk.data[key + c] += dscore * q.data[query + c];
        }
      });
    });
    return [dq, dk, dv, ...inputs.slice(3).map(() => null)];
  },
  wgsl: planAttention,
  wgslBackward: planAttentionBackward,
};

interface Query {
  /** Offset of the query head's first number in q. */
  query: number;
  /** Offsets of the key head's first number in k and v. */
  keys: number[];
  /** Softmax weight of each key. */
  weights: number[];
}

/** Visits every query head with its keys and attention weights: the common half of the reference's two directions. */
function eachQuery(
  [q, k, , spans]: readonly Tensor[],
  { heads, keyValueHeads: kv, headSize: size }: PackedAttentionAttributes,
  visit: (query: Query) => void,
): void {
  for (let i = 0; i < q.shape[0]; i++) {
    const [prefix, prefixRows, own, ownRows] = spans.data.subarray(4 * i, 4 * i + 4);
    const rows = [
      ...Array.from({ length: prefixRows }, (_, s) => prefix + s),
      ...Array.from({ length: ownRows }, (_, s) => own + s),
    ];
    for (let h = 0; h < heads; h++) {
      const query = (i * heads + h) * size, keys = rows.map((row) => (row * kv + Math.floor(h * kv / heads)) * size);
      const scores = keys.map((key) => {
        let score = 0;
        for (let c = 0; c < size; c++) score += q.data[query + c] * k.data[key + c];
        return score / Math.sqrt(size);
      });
      const top = Math.max(...scores), exponentials = scores.map((score) => Math.exp(score - top));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      visit({ query, keys, weights: exponentials.map((e) => e / sum) });
    }
  }
}
