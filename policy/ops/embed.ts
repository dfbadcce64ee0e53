/**
 * Token embedding: `y[i] = table[tokens[i]]`.
 *
 * The backward sums the gradients of equal tokens one after another. ORT's ScatterND does that seven times faster than
 * ScatterElements, but with more than one thread it loses updates of equal tokens; both give the same bits. On the GPU
 * each sum is one thread's, which needs to know where equal tokens stand: {@linkcode segmentsOf}.
 *
 * @module
 */
import { partsOf, read } from "../webgpu/plan.ts";
import { type Op, zeros } from "./op.ts";

/**
 * Inputs: tokens [N] (ids), table [V, D], and for the backward on the GPU the `order` [N] and `ranges` [distinct ids, 2] of
 * {@linkcode segmentsOf}. Output [N, D].
 */
export const embed: Op<{ width: number }> = {
  name: "embed",
  shape: ([tokens, table]) => [tokens[0], table[1]],
  forward([tokens, table]) {
    const width = table.shape[1], out = zeros([tokens.shape[0], width]);
    tokens.data.forEach((id, i) => out.data.set(table.data.subarray(id * width, (id + 1) * width), i * width));
    return out;
  },
  backward([tokens, table, ...segments], _output, gradient) {
    const width = table.shape[1], out = zeros(table.shape);
    tokens.data.forEach((id, i) => {
      for (let c = 0; c < width; c++) out.data[id * width + c] += gradient.data[i * width + c];
    });
    return [null, out, ...segments.map(() => null)];
  },
  lower: (graph, [tokens, table]) => ({ output: graph.node("Gather", [table, tokens]) }),
  lowerBackward(graph, { inputs: [tokens, table] }, gradient, { width }) {
    const zero = graph.node("Mul", [table, graph.constant([0])]);
    const column = graph.node("Unsqueeze", [tokens, graph.integers([1])]);
    if (graph.threads === 1) return [null, graph.node("ScatterND", [zero, column, gradient], { reduction: "add" })];
    const index = graph.node("Expand", [column, graph.integers([1, width])]);
    return [null, graph.node("ScatterElements", [zero, index, gradient], { axis: 0, reduction: "add" })];
  },
  wgsl(plan, [tokens, table]) {
    const y = plan.matrix(tokens.rows, table.width);
    for (const { part, first, count } of partsOf(plan, table)) {
      plan.elementwise("embed", {
        read: { tokens, part },
        write: { y },
        sizes: { first, count },
        body: `
          let id = tokens[row] - sizes.first; // below 0: a large number
          if (id < sizes.count) { y[i] = ${read("part", part.type, "id * sizes.domainWidth + column")}; }`,
      });
    }
    return { output: y };
  },
  wgslBackward(plan, { inputs: [tokens, , order, ranges] }, gradient, targets) {
    const { matrix, store } = targets.of(1)!;
    if (store !== "+=") {
      throw new Error("The gradient of an embedding is sparse: it can only be added to what is there.");
    }
    for (const { part, first, count } of partsOf(plan, matrix)) {
      plan.elementwise("embed backward", {
        read: { tokens, order, ranges, gradient },
        write: { part },
        sizes: { first, count },
        domain: { rows: "distinct", width: matrix.width },
        body: `
          let id = tokens[order[ranges[2u * row]]] - sizes.first;
          if (id >= sizes.count) { return; }
          var sum = 0.0;
          for (var n = ranges[2u * row]; n < ranges[2u * row + 1u]; n = n + 1u) {
            sum = sum + gradient[order[n] * sizes.domainWidth + column];
          }
          part[id * sizes.domainWidth + column] += sum;`,
      });
    }
  },
};

/**
 * Where equal ids stand: `order` lists all rows, those of equal ids together and ascending; the rows of the n-th id are
 * those from `ranges[2n]` to `ranges[2n + 1]`.
 */
export function segmentsOf(ids: ArrayLike<number>): { order: Uint32Array; ranges: Uint32Array } {
  const order = Uint32Array.from({ length: ids.length }, (_, row) => row).sort((a, b) => ids[a] - ids[b] || a - b);
  const ranges: number[] = [];
  order.forEach((row, n) => {
    if (n > 0 && ids[row] === ids[order[n - 1]]) ranges[ranges.length - 1] = n + 1;
    else ranges.push(n, n + 1);
  });
  return { order, ranges: Uint32Array.from(ranges) };
}
