/**
 * Log-prob of the token that was drawn: `y[i] = logits[i, target[i]] - log Σ_v exp(logits[i, v])`.
 *
 * @module
 */
import { type Op, type Tensor, zeros } from "./op.ts";

/** Inputs: logits [N, V], targets [N] (ids). Output [N]. */
export const tokenLogProb: Op<Record<string, never>> = {
  name: "token_log_prob",
  shape: ([logits]) => [logits[0]],
  forward([logits, targets]) {
    const [rows, width] = logits.shape, log = logSoftmax(logits), out = zeros([rows]);
    for (let i = 0; i < rows; i++) out.data[i] = log.data[i * width + targets.data[i]];
    return out;
  },
  backward([logits, targets], _output, gradient) {
    const [rows, width] = logits.shape, out = logSoftmax(logits);
    for (let i = 0; i < rows; i++) {
      for (let v = 0; v < width; v++) {
        const probability = Math.exp(out.data[i * width + v]);
        out.data[i * width + v] = gradient.data[i] * ((v === targets.data[i] ? 1 : 0) - probability);
      }
    }
    return [out, null];
  },
  lower(graph, [logits, targets]) {
    const log = graph.node("LogSoftmax", [logits], { axis: -1 });
    const index = graph.node("Unsqueeze", [targets, graph.integers([1])]);
    const drawn = graph.node("GatherElements", [log, index], { axis: 1 });
    return { output: graph.node("Squeeze", [drawn, graph.integers([1])]), saved: [index] };
  },
  lowerBackward(graph, { inputs: [logits], saved: [index] }, gradient) {
    const column = graph.node("Unsqueeze", [gradient, graph.integers([1])]);
    const probability = graph.node("Softmax", [logits], { axis: -1 });
    const spread = graph.node("Mul", [probability, graph.node("Neg", [column])]);
    return [graph.node("ScatterElements", [spread, index, column], { axis: 1, reduction: "add" }), null];
  },
};

/** Row-wise log-softmax. */
export function logSoftmax(logits: Tensor): Tensor {
  const [rows, width] = logits.shape, out = zeros(logits.shape);
  for (let i = 0; i < rows; i++) {
    const row = logits.data.subarray(i * width, (i + 1) * width);
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - top);
    const normaliser = top + Math.log(sum);
    for (let v = 0; v < width; v++) out.data[i * width + v] = row[v] - normaliser;
  }
  return out;
}
