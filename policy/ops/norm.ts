/**
 * RMS normalisation without its weight: `y = x / sqrt(mean(x²) + ε)` per row (Zhang & Sennrich, arXiv 1910.07467).
 *
 * The learned weight is applied by the linear layer that follows (see `linear.ts`): scaling a weight matrix costs far
 * less than scaling every token, and the backward needs no reduction over tokens.
 *
 * @module
 */
import { type Op, zeros } from "./op.ts";

/** Input x [N, D]. Output [N, D]. */
export const norm: Op<{ epsilon: number; width: number }> = {
  name: "norm",
  shape: ([x]) => x,
  forward([x], { epsilon }) {
    const [rows, width] = x.shape, out = zeros(x.shape);
    for (let i = 0; i < rows; i++) {
      const row = x.data.subarray(i * width, (i + 1) * width);
      const inverse = inverseRms(row, epsilon);
      for (let c = 0; c < width; c++) out.data[i * width + c] = row[c] * inverse;
    }
    return out;
  },
  backward([x], y, gradient, { epsilon }) {
    const [rows, width] = x.shape, out = zeros(x.shape);
    for (let i = 0; i < rows; i++) {
      const inverse = inverseRms(x.data.subarray(i * width, (i + 1) * width), epsilon);
      let mean = 0;
      for (let c = i * width; c < (i + 1) * width; c++) mean += gradient.data[c] * y.data[c] / width;
      for (let c = i * width; c < (i + 1) * width; c++) out.data[c] = inverse * (gradient.data[c] - y.data[c] * mean);
    }
    return [out];
  },
  lower(graph, [x], { epsilon, width }) {
    const ones = graph.constant(new Array(width).fill(1), [width]);
    const [output, inverse] = graph.nodes("SimplifiedLayerNormalization", [x, ones], 2, {
      axis: -1,
      epsilon: { float: epsilon },
    });
    return { output, saved: [inverse] };
  },
  lowerBackward(graph, { output: y, saved: [inverse] }, gradient) {
    const mean = graph.node("ReduceMean", [graph.node("Mul", [gradient, y])], { axes: [1] });
    const centred = graph.node("Sub", [gradient, graph.node("Mul", [y, mean])]);
    return [graph.node("Mul", [centred, inverse])];
  },
};

function inverseRms(row: Float64Array, epsilon: number): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return 1 / Math.sqrt(sum / row.length + epsilon);
}
