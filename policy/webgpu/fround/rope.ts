/**
 * Rotary position embedding: two products and their sum.
 *
 * @module
 */
import type { Exact, Tensor32 } from "./exact.ts";

const { fround } = Math;

/** Of `rope`. */
export const exactRope: Exact<{ heads: number }> = {
  forward: ([x, ...tables], { heads }) => rotated(x.data, tables, x.shape[1] / heads, 1),
  backward: ([x, ...tables], gradient, { heads }) => [rotated(gradient, tables, x.shape[1] / heads, -1)],
};

function rotated(x: Float32Array, [positions, cosine, sine]: readonly Tensor32[], size: number, sign: 1 | -1) {
  const half = size / 2, width = x.length / positions.shape[0];
  return x.map((value, i) => {
    const c = i % size, angle = positions.data[Math.floor(i / width)] * half + c % half;
    const straight = fround(value * cosine.data[angle]), sin = sign * sine.data[angle];
    return c < half ? straight - fround(x[i + half] * sin) : straight + fround(x[i - half] * sin);
  });
}
