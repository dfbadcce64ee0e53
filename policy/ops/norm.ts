/**
 * RMS normalisation: `y = x / sqrt(mean(x²) + ε) · weight` per row (Zhang & Sennrich, arXiv 1910.07467).
 *
 * On the CPU the learned weight is left to the linear layers that follow (see `linear.ts`): scaling a weight matrix
 * costs far less there than scaling every token, and the backward needs no reduction over tokens. On the GPU it costs
 * nothing here.
 *
 * @module
 */
import { LANES, sumOfLanes } from "../webgpu/kernels/reduce.ts";
import { fixed, THREADS } from "../webgpu/plan.ts";
import { type Op, zeros } from "./op.ts";

/** Numbers known when the model is built. */
export interface NormAttributes {
  epsilon: number;
  width: number;
}

/** Input x [N, D], with the weight [D] behind it or without. Output [N, D]. */
export const norm: Op<NormAttributes> = {
  name: "norm",
  shape: ([x]) => x,
  forward([x, weight], { epsilon }) {
    const [rows, width] = x.shape, out = zeros(x.shape);
    for (let i = 0; i < rows; i++) {
      const row = x.data.subarray(i * width, (i + 1) * width);
      const inverse = inverseRms(row, epsilon);
      for (let c = 0; c < width; c++) out.data[i * width + c] = row[c] * inverse * (weight?.data[c] ?? 1);
    }
    return out;
  },
  backward([x, weight], _output, gradient, { epsilon }) {
    const [rows, width] = x.shape, out = zeros(x.shape), dweight = weight && zeros(weight.shape);
    const of = (i: number) => gradient.data[i] * (weight?.data[i % width] ?? 1);
    for (let i = 0; i < rows; i++) {
      const inverse = inverseRms(x.data.subarray(i * width, (i + 1) * width), epsilon);
      let mean = 0;
      for (let c = i * width; c < (i + 1) * width; c++) mean += of(c) * x.data[c] * inverse / width;
      for (let c = i * width; c < (i + 1) * width; c++) {
        out.data[c] = inverse * (of(c) - x.data[c] * inverse * mean);
        if (dweight) dweight.data[c % width] += gradient.data[c] * x.data[c] * inverse;
      }
    }
    return dweight ? [out, dweight] : [out];
  },
  lower(graph, [x, weight], { epsilon, width }) {
    const ones = graph.constant(new Array(width).fill(1), [width]);
    const [output, inverse] = graph.nodes("SimplifiedLayerNormalization", [x, ones], 2, {
      axis: -1,
      epsilon: { float: epsilon },
    });
    return { output: weight ? graph.node("Mul", [output, weight]) : output, saved: [output, inverse] };
  },
  lowerBackward(graph, { inputs: [, weight], saved: [y, inverse] }, gradient) {
    const own = weight ? graph.node("Mul", [gradient, weight]) : gradient;
    const mean = graph.node("ReduceMean", [graph.node("Mul", [own, y])], { axes: [1] });
    const dx = graph.node("Mul", [graph.node("Sub", [own, graph.node("Mul", [y, mean])]), inverse]);
    if (!weight) return [dx];
    return [dx, graph.node("ReduceSum", [graph.node("Mul", [gradient, y]), graph.integers([0])], { keepdims: 0 })];
  },
  wgsl(plan, [x, weight], { epsilon, width }) {
    const y = plan.like(x), inverse = plan.matrix(x.rows, 1);
    plan.dispatch({
      name: "norm",
      read: { x, ...weight && { weight } },
      write: { y, inverse },
      sizes: { width },
      grid: [{ rows: x.rows }],
      threads: THREADS,
      declarations: LANES,
      body: `
        let start = group.x * sizes.width;
        var squares = 0.0;
        for (var c = lane; c < sizes.width; c = c + ${THREADS}u) { squares = squares + x[start + c] * x[start + c]; }
        ${sumOfLanes("sum", "squares")}
        let scale = 1.0 / sqrt(sum / f32(sizes.width) + ${epsilon});
        for (var c = lane; c < sizes.width; c = c + ${THREADS}u) {
          y[start + c] = x[start + c] * scale${weight ? " * weight[c]" : ""};
        }
        if (lane == 0u) { inverse[group.x] = scale; }`,
    });
    return { output: y, saved: [inverse] };
  },
  wgslBackward(plan, { inputs: [x, weight], saved: [inverse] }, gradient, targets, { width }) {
    const dx = targets.of(0), own = `gradient[start + c]${weight ? " * weight[c]" : ""}`;
    if (dx) {
      plan.dispatch({
        name: "norm backward",
        read: { x, gradient, inverse, ...weight && { weight } },
        write: { dx: dx.matrix },
        sizes: { width },
        grid: [{ rows: x.rows }],
        threads: THREADS,
        declarations: LANES,
        body: `
          let start = group.x * sizes.width;
          let scale = inverse[group.x];
          var products = 0.0;
          for (var c = lane; c < sizes.width; c = c + ${THREADS}u) {
            products = products + ${own} * (x[start + c] * scale);
          }
          ${sumOfLanes("sum", "products")}
          let mean = sum / f32(sizes.width);
          for (var c = lane; c < sizes.width; c = c + ${THREADS}u) {
            dx[start + c] ${dx.store} scale * (${own} - x[start + c] * scale * mean);
          }`,
      });
    }
    const dweight = weight && targets.of(1);
    if (!dweight) return;
    plan.elementwise("norm backward of the weight", {
      read: { x, gradient, inverse },
      write: { dweight: dweight.matrix },
      sizes: { rows: fixed(x.rows) },
      body: `
        var sum = 0.0;
        for (var r = 0u; r < ${plan.rowsIn(x.rows, "rows")}; r = r + 1u) {
          let at = r * sizes.domainWidth + i;
          sum = sum + gradient[at] * (x[at] * inverse[r]);
        }
        dweight[i] ${dweight.store} sum;`,
    });
  },
};

function inverseRms(row: Float64Array, epsilon: number): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return 1 / Math.sqrt(sum / row.length + epsilon);
}
