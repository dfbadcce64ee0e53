/**
 * Causal attention with grouped queries (Ainslie et al., arXiv 2305.13245) to a sequence's own tokens and, optionally,
 * to a prefix whose keys and values were computed before.
 *
 * The responses of a group have one prompt, which is computed once; its keys and values are the `prefix` here, and the
 * gradient returns to it. Keys stand in the order prefix, then own tokens: more own tokens only add masked keys at the
 * end, which changes no bit of the result.
 *
 * Layout: `R` sequences of `t` tokens, prefixes of `p` tokens, `g = heads / keyValueHeads`. Row `i · g + j` of a score
 * matrix is query head `j` of its key-value head at token `i`. `mask` holds 0 where a query may look and a very
 * negative number elsewhere.
 *
 * @module
 */
import type { Dimension, Graph } from "../cpu/onnx.ts";
import { type Op, type Tensor, zeros } from "./op.ts";

/** `prefix`: whether prefix keys and values [R · p, keyValueHeads · headSize] follow q, k, v and mask. */
export interface AttentionAttributes {
  heads: number;
  keyValueHeads: number;
  headSize: number;
  prefix: boolean;
}

/**
 * Inputs: q [R · t, heads · headSize], k and v [R · t, keyValueHeads · headSize], mask [R or 1, 1, t · g, p + t], and
 * with `prefix` its keys and values [R · p, keyValueHeads · headSize]. Output like q.
 */
export const attention: Op<AttentionAttributes> = {
  name: "attention",
  shape: ([q]) => q,
  forward(inputs, attributes) {
    const [q, , v] = inputs, out = zeros(q.shape);
    eachQuery(inputs, attributes, ({ query, keys, weights }) => {
      keys.forEach((key, s) => {
        for (let c = 0; c < attributes.headSize; c++) {
          out.data[query + c] += weights[s] * (key.prefix ? inputs[5] : v).data[key.at + c];
        }
      });
    });
    return out;
  },
  backward(inputs, output, gradient, attributes) {
    const gradients = inputs.map((input, i) => i === 3 ? null : zeros(input.shape));
    const [dq, dk, dv, , dpk, dpv] = gradients as Tensor[];
    const [q, k, v, , pk, pv] = inputs, size = attributes.headSize, alpha = 1 / Math.sqrt(size);
    eachQuery(inputs, attributes, ({ query, keys, weights }) => {
      let dot = 0;
      for (let c = 0; c < size; c++) dot += gradient.data[query + c] * output.data[query + c];
      keys.forEach((key, s) => {
        const [keyRow, valueRow, dkey, dvalue] = key.prefix ? [pk, pv, dpk, dpv] : [k, v, dk, dv];
        let dweight = 0;
        for (let c = 0; c < size; c++) dweight += gradient.data[query + c] * valueRow.data[key.at + c];
        const dscore = alpha * weights[s] * (dweight - dot);
        for (let c = 0; c < size; c++) {
          dvalue.data[key.at + c] += weights[s] * gradient.data[query + c];
          dq.data[query + c] += dscore * keyRow.data[key.at + c];
          dkey.data[key.at + c] += dscore * q.data[query + c];
        }
      });
    });
    return gradients;
  },
  lower(graph, [q, k, v, mask, prefixK, prefixV], attributes) {
    const layout = layouts(attributes);
    const queries = split(graph, q, layout.queries),
      own = { keys: split(graph, k, layout.keys), values: split(graph, v, layout.keys) };
    const keys = prefixK ? joined(graph, split(graph, prefixK, layout.prefix), own.keys) : own.keys;
    const values = prefixV ? joined(graph, split(graph, prefixV, layout.prefix), own.values) : own.values;
    const alpha = { float: 1 / Math.sqrt(attributes.headSize) };
    const scores = graph.node("FusedMatMul@ms", [queries, keys], { transB: 1, alpha });
    const weights = graph.node("Softmax", [graph.node("Add", [scores, mask])], { axis: -1 });
    const output = graph.node("MatMul", [weights, values]);
    return { output: merge(graph, output, layout.queries), saved: [queries, keys, values, weights, output] };
  },
  lowerBackward(graph, { saved }, gradient, attributes) {
    const [queries, keys, values, weights, output] = saved, layout = layouts(attributes);
    const alpha = { float: 1 / Math.sqrt(attributes.headSize) };
    const dout = split(graph, gradient, layout.queries);
    const dweights = graph.node("FusedMatMul@ms", [dout, values], { transB: 1 });
    // Σ_s weight · dweight = Σ_c dout · out: a sum over headSize instead of over all keys.
    const dot = graph.node("ReduceSum", [graph.node("Mul", [dout, output]), graph.integers([-1])]);
    const dscores = graph.node("Mul", [weights, graph.node("Sub", [dweights, dot])]);
    const dq = graph.node("FusedMatMul@ms", [dscores, keys], { alpha });
    const dk = graph.node("FusedMatMul@ms", [dscores, queries], { transA: 1, alpha });
    const dv = graph.node("FusedMatMul@ms", [weights, dout], { transA: 1 });
    const [dkOwn, dkPrefix] = parted(graph, dk, attributes), [dvOwn, dvPrefix] = parted(graph, dv, attributes);
    const own = [
      merge(graph, dq, layout.queries),
      merge(graph, dkOwn, layout.keys),
      merge(graph, dvOwn, layout.keys),
      null,
    ];
    if (!attributes.prefix) return own;
    return [...own, merge(graph, dkPrefix!, layout.prefix), merge(graph, dvPrefix!, layout.prefix)];
  },
};

/** How rows by token, [R · tokens, kv · perHead · headSize], look by head: [R, kv, tokens · perHead, headSize]. */
interface Layout {
  tokens: string;
  keyValueHeads: number;
  perHead: number;
  headSize: number;
}

function layouts({ heads, keyValueHeads, headSize }: AttentionAttributes) {
  const layout = (tokens: string, perHead: number): Layout => ({ tokens, keyValueHeads, perHead, headSize });
  return { queries: layout("t", heads / keyValueHeads), keys: layout("t", 1), prefix: layout("p", 1) };
}

/** Rows by token to rows by head. With one key-value head the memory is already so. */
function split(graph: Graph, rows: string, { tokens, keyValueHeads: kv, perHead, headSize }: Layout): string {
  const byHead: Dimension[] = [["R"], [kv], [tokens, perHead], [headSize]];
  if (kv === 1) return graph.reshape(rows, byHead);
  const byToken = graph.reshape(rows, [["R"], [tokens], [kv], [perHead * headSize]]);
  return graph.reshape(graph.node("Transpose", [byToken], { perm: [0, 2, 1, 3] }), byHead);
}

/** The inverse of `split`. */
function merge(graph: Graph, byHead: string, { tokens, keyValueHeads: kv, perHead, headSize }: Layout): string {
  const rows: Dimension[] = [["R", tokens], [kv * perHead * headSize]];
  if (kv === 1) return graph.reshape(byHead, rows);
  const whole = graph.reshape(byHead, [["R"], [kv], [tokens], [perHead * headSize]]);
  return graph.reshape(graph.node("Transpose", [whole], { perm: [0, 2, 1, 3] }), rows);
}

function joined(graph: Graph, prefix: string, own: string): string {
  return graph.node("Concat", [prefix, own], { axis: 2 });
}

/** Backward of `joined`. */
function parted(graph: Graph, gradient: string, { prefix }: AttentionAttributes): [string, string | null] {
  if (!prefix) return [gradient, null];
  const [shared, own] = graph.nodes("Split", [gradient, graph.shape([["p"], ["t"]])], 2, { axis: 2 });
  return [own, shared];
}

interface Query {
  /** Offset of the query head's first number in q. */
  query: number;
  /** Offsets of the key head's first number in k and v, or in the prefix. */
  keys: { at: number; prefix: boolean }[];
  /** Softmax weight of each key. */
  weights: number[];
}

/** Visits every query head with its keys and attention weights: the common half of the reference's two directions. */
function eachQuery(inputs: readonly Tensor[], attributes: AttentionAttributes, visit: (query: Query) => void): void {
  const [q, k, , mask, prefixK] = inputs;
  const { heads, keyValueHeads: kv, headSize: size } = attributes, g = heads / kv;
  const [, , maskRows, total] = mask.shape, tokens = maskRows / g, shared = total - tokens;
  for (let r = 0; r < q.shape[0] / tokens; r++) {
    for (let i = 0; i < tokens; i++) {
      for (let h = 0; h < heads; h++) {
        const head = Math.floor(h / g), query = ((r * tokens + i) * heads + h) * size;
        const maskRow = ((mask.shape[0] === 1 ? 0 : r) * tokens + i) * g + h % g;
        const keys: Query["keys"] = [], scores: number[] = [];
        for (let s = 0; s < total; s++) {
          const prefix = s < shared, row = prefix ? r * shared + s : r * tokens + s - shared;
          const at = (row * kv + head) * size;
          let score = 0;
          for (let c = 0; c < size; c++) score += q.data[query + c] * (prefix ? prefixK : k).data[at + c];
          keys.push({ at, prefix });
          scores.push(score / Math.sqrt(size) + mask.data[maskRow * total + s]);
        }
        const top = Math.max(...scores), exponentials = scores.map((score) => Math.exp(score - top));
        const sum = exponentials.reduce((a, b) => a + b, 0);
        visit({ query, keys, weights: exponentials.map((e) => e / sum) });
      }
    }
  }
}
