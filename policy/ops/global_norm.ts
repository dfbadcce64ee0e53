/**
 * Euclidean norm of the accumulated gradient, and the factor that clips it: `min(1, maxNorm / norm)`.
 *
 * On the GPU it is summed in chunks of a constant size, then over the chunks in a fixed tree, and stays there for
 * AdamW to read: one wait fewer.
 *
 * @module
 */
import { LANES, sumOfLanes } from "../webgpu/kernels/reduce.ts";
import { type Matrix, type Plan, THREADS } from "../webgpu/plan.ts";

/** Summed in float64 in the order of the numbers. */
export function globalNorm(gradient: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  return Math.sqrt(sum);
}

/** Factor that brings a gradient of some norm down to `maxNorm`. */
export function clipFactor(norm: number, maxNorm: number): number {
  return norm > maxNorm ? maxNorm / norm : 1;
}

/** Numbers per workgroup. */
const CHUNK = 4096;

/**
 * Appends the norm of vectors [1, n] to a plan: the result [1, 2] is the norm and the clip factor, which is negative
 * where the norm is not finite. `maxNorm` is a matrix of one number.
 */
export function planGlobalNorm(plan: Plan, gradients: readonly Matrix[], maxNorm: Matrix): Matrix {
  const count = gradients.reduce((sum, { width }) => sum + Math.ceil(width / CHUNK), 0);
  const partial = plan.matrix(1, count), norm = plan.matrix(1, 2);
  const sumOf = (array: string, from: string, to: string, term: (at: string) => string) => `
    var own = 0.0;
    for (var n = ${from} + lane; n < ${to}; n = n + ${THREADS}u) { own = own + ${term(`${array}[n]`)}; }
    ${sumOfLanes("sum", "own")}`;
  let first = 0;
  for (const gradient of gradients) {
    plan.dispatch({
      name: "squares",
      read: { gradient },
      write: { partial },
      sizes: { width: gradient.width, first },
      grid: [{ rows: gradient.width, per: CHUNK }],
      threads: THREADS,
      declarations: LANES,
      body: `
        let start = group.x * ${CHUNK}u;
        ${sumOf("gradient", "start", `min(start + ${CHUNK}u, sizes.width)`, (x) => `${x} * ${x}`)}
        if (lane == 0u && start < sizes.width) { partial[sizes.first + group.x] = sum; }`,
    });
    first += Math.ceil(gradient.width / CHUNK);
  }
  plan.dispatch({
    name: "norm of the gradient",
    read: { partial, maxNorm },
    write: { norm },
    sizes: { count },
    grid: [{ rows: 1 }],
    threads: THREADS,
    declarations: LANES,
    body: `
      ${sumOf("partial", "0u", "sizes.count", (x) => x)}
      if (lane == 0u) {
        let root = sqrt(sum);
        norm[0] = root;
        norm[1] = 1.0;
        if (root > maxNorm[0]) { norm[1] = maxNorm[0] / root; }
        if (!is_finite(sum)) {
          norm[0] = sum;
          norm[1] = -1.0;
        }
      }`,
  });
  return norm;
}
