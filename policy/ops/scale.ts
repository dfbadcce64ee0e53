/**
 * Multiplication by one number given at run time: `y = x · factor`. Used for the sampling temperature, which divides
 * the logits.
 *
 * @module
 */
import type { Op } from "./op.ts";

/** Inputs: x (any shape), factor [1]. The factor gets no gradient. */
export const scale: Op<Record<string, never>> = {
  name: "scale",
  shape: ([x]) => x,
  forward: ([x, factor]) => ({ shape: x.shape, data: x.data.map((value) => value * factor.data[0]) }),
  backward: ([, factor], _output, gradient) => [
    { shape: gradient.shape, data: gradient.data.map((value) => value * factor.data[0]) },
    null,
  ],
  lower: (graph, [x, factor]) => ({ output: graph.node("Mul", [x, factor]) }),
  lowerBackward: (graph, { inputs: [, factor] }, gradient) => [graph.node("Mul", [gradient, factor]), null],
};
