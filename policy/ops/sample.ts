/**
 * Draws a token from each row's softmax by inverting its cumulative distribution, or takes the most likely one.
 *
 * The first token whose cumulative probability reaches `u · total` is drawn; `total` is the last cumulative sum, 1 up
 * to rounding, so that rounding can never select a token of probability 0.
 *
 * @module
 */
import type { Graph } from "../cpu/onnx.ts";

/** How a token is chosen. `nucleus` only returns the distribution: the cut is made outside, in float64. */
export type SamplingMode = "sample" | "greedy" | "nucleus";

/**
 * Appends the choice to a graph with logits [B, V].
 *
 * Inputs (but for `greedy`): `inverse_temperature` [B, 1] and, for `sample`, `uniform` [B, 1]. Outputs: `next` [B, 1]
 * (ids, as float32) and `log_prob` [B, 1]; for `nucleus` `log_probs` [B, V].
 */
export function lowerSampling(graph: Graph, logits: string, mode: SamplingMode): void {
  const tempered = mode === "greedy" ? logits : graph.node("Mul", [logits, graph.input("inverse_temperature", 2)]);
  const log = graph.node("LogSoftmax", [tempered], { axis: -1 });
  if (mode === "nucleus") return graph.output(log, "log_probs", 2);
  const next = mode === "greedy"
    ? graph.node("ArgMax", [logits], { axis: 1, keepdims: 1 })
    : invert(graph, graph.node("Exp", [log]), graph.input("uniform", 2));
  graph.output(graph.node("GatherElements", [log, next], { axis: 1 }), "log_prob", 2);
  graph.output(graph.node("Cast", [next], { to: 1 }), "next", 2);
}

function invert(graph: Graph, probability: string, uniform: string): string {
  const cumulative = graph.node("CumSum", [probability, graph.integers([1], [])]);
  const total = graph.node("Slice", [cumulative, ...[-1, 2 ** 31 - 1, 1].map((n) => graph.integers([n]))]);
  const below = graph.node("Less", [cumulative, graph.node("Mul", [uniform, total])]);
  return graph.node("ReduceSum", [graph.node("Cast", [below], { to: 7 }), graph.integers([1])]);
}

/**
 * Nucleus sampling (Holtzman et al., arXiv 1904.09751) of one row, in float64: the smallest set of most likely tokens
 * whose probability reaches `topP`, ties broken by the lower id.
 *
 * @param logProbs Log-probs of the row [V].
 * @param uniform Noise in (0, 1).
 */
export function nucleus(logProbs: Float32Array, topP: number, uniform: number): number {
  const order = Array.from(logProbs.keys()).sort((a, b) => logProbs[b] - logProbs[a] || a - b);
  let kept = 0, mass = 0;
  while (kept < order.length && mass < topP) mass += Math.exp(logProbs[order[kept++]]);
  const target = uniform * mass;
  let cumulative = 0;
  for (let i = 0; i < kept; i++) {
    cumulative += Math.exp(logProbs[order[i]]);
    if (cumulative >= target) return order[i];
  }
  return order[kept - 1];
}
