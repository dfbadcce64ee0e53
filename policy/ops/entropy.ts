/**
 * Entropy in nats of each row's softmax: `y[i] = -Σ_v p log p`. Recorded, not trained: it has no backward.
 *
 * @module
 */
import { type Op, zeros } from "./op.ts";
import { logSoftmax } from "./token_log_prob.ts";

/** Input: logits [N, V]. Output [N]. */
export const entropy: Op<Record<string, never>> = {
  name: "entropy",
  shape: ([logits]) => [logits[0]],
  forward([logits]) {
    const [rows, width] = logits.shape, log = logSoftmax(logits), out = zeros([rows]);
    log.data.forEach((value, i) => out.data[Math.floor(i / width)] -= Math.exp(value) * value);
    return out;
  },
  lower(graph, [logits]) {
    const log = graph.node("LogSoftmax", [logits], { axis: -1 });
    const terms = graph.node("Mul", [graph.node("Exp", [log]), log]);
    const sum = graph.node("ReduceSum", [terms, graph.integers([1])], { keepdims: 0 });
    return { output: graph.node("Neg", [sum]) };
  },
};
