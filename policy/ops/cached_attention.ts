/**
 * Attention of one new token per sequence to the keys and values kept of its earlier tokens (decoding).
 *
 * The cache is written between steps, outside the graph, so nothing is copied; the new token's own key comes first.
 * Forward only: the training pass recomputes everything.
 *
 * @module
 */
import type { Dimension } from "../cpu/onnx.ts";
import { type Op, zeros } from "./op.ts";

/** Head counts as in {@linkcode attention}. */
export interface CachedAttentionAttributes {
  heads: number;
  keyValueHeads: number;
  headSize: number;
}

/**
 * Inputs: q [B, heads · headSize], k and v [B, kv · headSize] of the new token, keys and values
 * [B, kv, S, headSize] kept so far, mask [B, 1, 1, 1 + S] (0 or very negative; the new token first). Output like q.
 */
export const cachedAttention: Op<CachedAttentionAttributes> = {
  name: "cached_attention",
  shape: ([q]) => q,
  forward([q, k, v, keys, values, mask], { heads, keyValueHeads: kv, headSize: size }) {
    const [batch] = q.shape, slots = keys.shape[2], out = zeros(q.shape);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const head = Math.floor(h / (heads / kv)), query = (b * heads + h) * size;
        const scores: number[] = [];
        for (let s = 0; s <= slots; s++) {
          const [source, at] = s === 0 ? [k, (b * kv + head) * size] : [keys, ((b * kv + head) * slots + s - 1) * size];
          let score = 0;
          for (let c = 0; c < size; c++) score += q.data[query + c] * source.data[at + c];
          scores.push(score / Math.sqrt(size) + mask.data[b * (slots + 1) + s]);
        }
        const top = Math.max(...scores), exponentials = scores.map((score) => Math.exp(score - top));
        const sum = exponentials.reduce((a, e) => a + e, 0);
        for (let s = 0; s <= slots; s++) {
          const [source, at] = s === 0
            ? [v, (b * kv + head) * size]
            : [values, ((b * kv + head) * slots + s - 1) * size];
          for (let c = 0; c < size; c++) out.data[query + c] += exponentials[s] / sum * source.data[at + c];
        }
      }
    }
    return out;
  },
  lower(graph, [q, k, v, keys, values, mask], { heads, keyValueHeads: kv, headSize }) {
    const g = heads / kv, one: Dimension[] = [["B"], [kv], [1], [headSize]];
    // The scale goes on the query: a product with alpha other than 1 loses ORT's fast path for one-row matrices.
    const scaled = graph.node("Mul", [q, graph.constant([1 / Math.sqrt(headSize)])]);
    const queries = graph.reshape(scaled, [["B"], [kv], [g], [headSize]]);
    // One key per sequence: a product and a sum are faster here than a batch of tiny matrix products.
    const products = graph.node("Mul", [queries, graph.reshape(k, one)]);
    const own = graph.node("ReduceSum", [products, graph.integers([-1])]);
    const kept = graph.node("FusedMatMul@ms", [queries, keys], { transB: 1 });
    const scores = graph.node("Add", [graph.node("Concat", [own, kept], { axis: 3 }), mask]);
    const weights = graph.node("Softmax", [scores], { axis: -1 });
    const [ownWeight, keptWeights] = graph.nodes("Split", [weights, graph.shape([[1], ["S"]])], 2, { axis: 3 });
    const sum = graph.node("Add", [
      graph.node("Mul", [ownWeight, graph.reshape(v, one)]),
      graph.node("MatMul", [keptWeights, values]),
    ]);
    return { output: graph.reshape(sum, [["B"], [heads * headSize]]) };
  },
};
