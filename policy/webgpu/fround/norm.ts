/**
 * RMS normalisation: one workgroup per row, or per head of a row: to the reference, heads are rows.
 *
 * @module
 */
import type { NormAttributes } from "../../ops/norm.ts";
import type { Exact } from "./exact.ts";
import { sumInOrder, sumOfLanes } from "./sums.ts";

const { fround } = Math;

/** Of `norm` with a weight. */
export const exactNorm: Exact<NormAttributes> = {
  forward([x, weight], attributes) {
    const { width } = attributes, rows = x.data.length / width, inverse = inverses(x.data, rows, attributes);
    return x.data.map((value, i) => fround(value * inverse[Math.floor(i / width)]) * weight.data[i % width]);
  },
  backward([x, weight], gradient, attributes) {
    const { width } = attributes, rows = x.data.length / width, inverse = inverses(x.data, rows, attributes);
    const normed = x.data.map((value, i) => value * inverse[Math.floor(i / width)]);
    const own = gradient.map((value, i) => value * weight.data[i % width]);
    const dx = new Float32Array(x.data.length);
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      const mean = fround(sumOfLanes(width, (c) => fround(own[start + c] * normed[start + c])) / width);
      for (let i = start; i < start + width; i++) dx[i] = inverse[row] * fround(own[i] - fround(normed[i] * mean));
    }
    const dweight = Float32Array.from(
      weight.data,
      (_, c) => sumInOrder(rows, (row) => fround(gradient[row * width + c] * normed[row * width + c])),
    );
    return [dx, dweight];
  },
};

function inverses(x: Float32Array, rows: number, { epsilon, width }: NormAttributes): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => {
    const squares = sumOfLanes(width, (c) => fround(x[row * width + c] ** 2));
    return 1 / fround(Math.sqrt(fround(fround(squares / width) + fround(epsilon))));
  });
}
