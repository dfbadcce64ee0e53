/**
 * SwiGLU: one thread per number.
 *
 * @module
 */
import type { Exact } from "./exact.ts";
import { exponential } from "./functions.ts";

const { fround } = Math;

/** Of `swiglu`. */
export const exactSwiglu: Exact<Record<string, never>> = {
  forward: ([gate, up]) => gate.data.map((g, i) => fround(g / onePlus(g)) * up.data[i]),
  backward: ([gate, up], gradient) => [
    gate.data.map((g, i) => {
      const s = fround(1 / onePlus(g)), slope = fround(1 + fround(g * fround(1 - s)));
      return fround(fround(gradient[i] * up.data[i]) * s) * slope;
    }),
    gate.data.map((g, i) => fround(gradient[i] * g) * fround(1 / onePlus(g))),
  ],
};

/** 1 + e^-g. */
function onePlus(g: number): number {
  return fround(1 + exponential(-g));
}
