/**
 * Token embedding: `y[i] = table[tokens[i]]`.
 *
 * The backward sums the gradients of equal tokens one after another. ORT's ScatterND does that seven times faster than
 * ScatterElements, but with more than one thread it loses updates of equal tokens; both give the same bits.
 *
 * @module
 */
import { type Op, zeros } from "./op.ts";

/** Inputs: tokens [N] (ids), table [V, D]. Output [N, D]. */
export const embed: Op<{ width: number }> = {
  name: "embed",
  shape: ([tokens, table]) => [tokens[0], table[1]],
  forward([tokens, table]) {
    const width = table.shape[1], out = zeros([tokens.shape[0], width]);
    tokens.data.forEach((id, i) => out.data.set(table.data.subarray(id * width, (id + 1) * width), i * width));
    return out;
  },
  backward([tokens, table], _output, gradient) {
    const width = table.shape[1], out = zeros(table.shape);
    tokens.data.forEach((id, i) => {
      for (let c = 0; c < width; c++) out.data[id * width + c] += gradient.data[i * width + c];
    });
    return [null, out];
  },
  lower: (graph, [tokens, table]) => ({ output: graph.node("Gather", [table, tokens]) }),
  lowerBackward(graph, { inputs: [tokens, table] }, gradient, { width }) {
    const zero = graph.node("Mul", [table, graph.constant([0])]);
    const column = graph.node("Unsqueeze", [tokens, graph.integers([1])]);
    if (graph.threads === 1) return [null, graph.node("ScatterND", [zero, column, gradient], { reduction: "add" })];
    const index = graph.node("Expand", [column, graph.integers([1, width])]);
    return [null, graph.node("ScatterElements", [zero, index, gradient], { axis: 0, reduction: "add" })];
  },
};
