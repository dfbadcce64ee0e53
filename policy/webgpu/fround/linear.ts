/**
 * Linear layers: three matrix products, each number of which is one {@linkcode dot}.
 *
 * @module
 */
import type { LinearAttributes } from "../../ops/linear.ts";
import type { Exact } from "./exact.ts";
import { dot, sumInOrder } from "./sums.ts";

const { fround } = Math;

/** Of `linear` without a scale. */
export const exactLinear: Exact<LinearAttributes> = {
  forward([x, weight, ...rest], { bias, residual, factor }) {
    const [rows, width] = x.shape, [outputs] = weight.shape;
    const [biases, residuals] = [bias && rest[0], residual && rest[rest.length - 1]];
    return matrix(rows, outputs, (i, o) => {
      let y = dot(width, (c) => x.data[i * width + c], (c) => weight.data[o * width + c]);
      if (biases) y = fround(y + biases.data[o]);
      if (residuals) y = fround(y + residuals.data[i * outputs + o]);
      return factor === undefined ? y : y * fround(factor);
    });
  },
  backward([x, weight], dy, { bias, residual, factor }) {
    const [rows, width] = x.shape, [outputs] = weight.shape;
    const g = factor === undefined ? dy : dy.map((value) => value * fround(factor));
    const dx = matrix(
      rows,
      width,
      (i, c) => dot(outputs, (o) => g[i * outputs + o], (o) => weight.data[o * width + c]),
    );
    const dweight = matrix(
      outputs,
      width,
      (o, c) => dot(rows, (i) => g[i * outputs + o], (i) => x.data[i * width + c]),
    );
    const dbias = () => matrix(1, outputs, (_, o) => sumInOrder(rows, (i) => g[i * outputs + o]));
    return [dx, dweight, ...bias ? [dbias()] : [], ...residual ? [dy] : []];
  },
};

/** Numbers of a matrix, row by row. */
function matrix(rows: number, width: number, at: (row: number, column: number) => number): Float32Array {
  return Float32Array.from({ length: rows * width }, (_, i) => at(Math.floor(i / width), i % width));
}
