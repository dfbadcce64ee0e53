/**
 * Token embedding: `y[i] = table[tokens[i]]`.
 *
 * The backward sums the gradients of equal tokens with a one-hot product, in a fixed order whatever the thread count
 * (ORT's ScatterND with a sum races between threads).
 *
 * @module
 */
import { type Op, zeros } from "./op.ts";

/** Inputs: tokens [N] (ids), table [V, D]. Output [N, D]. */
export const embed: Op<{ vocabularySize: number }> = {
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
  lowerBackward(graph, { inputs: [tokens] }, gradient, { vocabularySize }) {
    const onehot = graph.node("OneHot", [tokens, graph.integers([vocabularySize], []), graph.constant([0, 1], [2])]);
    return [null, graph.node("Gemm", [onehot, gradient], { transA: 1 })];
  },
};
