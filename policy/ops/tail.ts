/**
 * The last rows of a matrix: behind a packed stream's prompts stand its responses, and only they are scored.
 *
 * For the GPU only; on the CPU prompts are a stream of their own.
 *
 * @module
 */
import { fixed } from "../webgpu/plan.ts";
import { type Op, zeros } from "./op.ts";

/** Inputs: x [N, D] and anything with M rows. Output: the last M rows of x. */
export const tail: Op<Record<string, never>> = {
  name: "tail",
  shape: ([x, rows]) => [rows[0], x[1]],
  forward: ([x, rows]) => {
    const shape = [rows.shape[0], x.shape[1]];
    return { shape, data: x.data.slice(x.data.length - shape[0] * shape[1]) };
  },
  backward([x], _output, gradient) {
    const out = zeros(x.shape);
    out.data.set(gradient.data, out.data.length - gradient.data.length);
    return [out, null];
  },
  wgsl(plan, [x, rows]) {
    const y = plan.matrix(rows.rows, x.width);
    plan.elementwise("tail", {
      read: { x },
      write: { y },
      sizes: { tokens: fixed(x.rows), scored: fixed(rows.rows) },
      body: `y[i] = x[i + (${plan.rowsIn(x.rows, "tokens")} - ${
        plan.rowsIn(rows.rows, "scored")
      }) * sizes.domainWidth];`,
    });
    return { output: y };
  },
  wgslBackward(plan, { inputs: [x, rows] }, gradient, targets) {
    const { matrix, store } = targets.of(0)!;
    plan.elementwise("tail backward", {
      read: { gradient },
      write: { dx: matrix },
      sizes: { tokens: fixed(x.rows), scored: fixed(rows.rows) },
      body: `
        let start = (${plan.rowsIn(x.rows, "tokens")} - ${plan.rowsIn(rows.rows, "scored")}) * sizes.domainWidth;
        var value = 0.0;
        if (i >= start) { value = gradient[i - start]; }
        dx[i] ${store} value;`,
    });
  },
};
