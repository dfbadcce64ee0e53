/**
 * RMS normalisation: `y = x / sqrt(mean(x²) + ε) · weight` per row, or per head of a row (Zhang & Sennrich, arXiv
 * 1910.07467).
 *
 * On the CPU the learned weight is left to the linear layers that follow (see `linear.ts`): scaling a weight matrix
 * costs far less there than scaling every token, and the backward needs no reduction over tokens. On the GPU it costs
 * nothing here.
 *
 * @module
 */
import type { Graph } from "../cpu/onnx.ts";
import { LANES, sumOfLanes } from "../webgpu/kernels/reduce.ts";
import { fixed, type Matrix, type Plan, THREADS } from "../webgpu/plan.ts";
import { type Op, zeros } from "./op.ts";

/** Numbers known when the model is built. */
export interface NormAttributes {
  epsilon: number;
  /** Numbers that are normalised together. */
  width: number;
  /** How many of them a row has, one behind the other. Default 1. */
  heads?: number;
}

/** Input x [N, heads · D], with the weight [D] behind it or without. Output [N, heads · D]. */
export const norm: Op<NormAttributes> = {
  name: "norm",
  shape: ([x]) => x,
  forward([x, weight], { epsilon, width }) {
    const rows = x.data.length / width, out = zeros(x.shape);
    for (let i = 0; i < rows; i++) {
      const row = x.data.subarray(i * width, (i + 1) * width);
      const inverse = inverseRms(row, epsilon);
      for (let c = 0; c < width; c++) out.data[i * width + c] = row[c] * inverse * (weight?.data[c] ?? 1);
    }
    return out;
  },
  backward([x, weight], _output, gradient, { epsilon, width }) {
    const rows = x.data.length / width, out = zeros(x.shape), dweight = weight && zeros(weight.shape);
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
  lower(graph, [x, weight], { epsilon, width, heads = 1 }) {
    const ones = graph.constant(new Array(width).fill(1), [width]);
    const [normed, inverse] = graph.nodes("SimplifiedLayerNormalization", [byHead(graph, x, width, heads), ones], 2, {
      axis: -1,
      epsilon: { float: epsilon },
    });
    const scaled = weight ? graph.node("Mul", [normed, weight]) : normed;
    return { output: byHead(graph, scaled, width * heads, heads), saved: [normed, inverse] };
  },
  lowerBackward(graph, { inputs: [, weight], saved: [y, inverse] }, given, { width, heads = 1 }) {
    const gradient = byHead(graph, given, width, heads);
    const own = weight ? graph.node("Mul", [gradient, weight]) : gradient;
    const mean = graph.node("ReduceMean", [graph.node("Mul", [own, y])], { axes: [1] });
    const dx = graph.node("Mul", [graph.node("Sub", [own, graph.node("Mul", [y, mean])]), inverse]);
    const back = byHead(graph, dx, width * heads, heads);
    if (!weight) return [back];
    return [back, graph.node("ReduceSum", [graph.node("Mul", [gradient, y]), graph.integers([0])], { keepdims: 0 })];
  },
  wgsl(plan, [x, weight], { epsilon, width, heads = 1 }) {
    const y = plan.like(x), inverse = plan.matrix(x.rows, heads);
    plan.dispatch({
      name: "norm",
      read: { x, ...weight && { weight } },
      write: { y, inverse },
      sizes: { width, rows: fixed(x.rows) },
      grid: [{ rows: x.rows, times: heads }],
      threads: THREADS,
      declarations: LANES,
      body: `
        ${onlyRows(plan, x, heads)}
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
  wgslBackward(plan, { inputs: [x, weight], saved: [inverse] }, gradient, targets, { width, heads = 1 }) {
    const dx = targets.of(0), own = `gradient[start + c]${weight ? " * weight[c]" : ""}`;
    if (dx) {
      plan.dispatch({
        name: "norm backward",
        read: { x, gradient, inverse, ...weight && { weight } },
        write: { dx: dx.matrix },
        sizes: { width, rows: fixed(x.rows) },
        grid: [{ rows: x.rows, times: heads }],
        threads: THREADS,
        declarations: LANES,
        body: `
          ${onlyRows(plan, x, heads)}
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
        for (var r = 0u; r < ${plan.rowsIn(x.rows, "rows")} * ${heads}u; r = r + 1u) {
          let at = r * sizes.domainWidth + i;
          sum = sum + gradient[at] * (x[at] * inverse[r]);
        }
        dweight[i] ${dweight.store} sum;`,
    });
  },
};

/** A matrix with one head per row, or back again. */
function byHead(graph: Graph, x: string, width: number, heads: number): string {
  return heads === 1 ? x : graph.node("Reshape", [x, graph.integers([-1, width])]);
}

/** Text that ends workgroups behind the last row: several per row come in whole rows of the grid. */
function onlyRows(plan: Plan, { rows }: Matrix, heads: number): string {
  return heads === 1 ? "" : `if (group.x >= ${plan.rowsIn(rows, "rows")} * ${heads}u) { return; }`;
}

function inverseRms(row: Float64Array, epsilon: number): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return 1 / Math.sqrt(sum / row.length + epsilon);
}
