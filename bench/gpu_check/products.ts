/**
 * How fast matrix products are: squares, and the products of a Qwen2.5-0.5B, in the geometry that is taken for them
 * and, unless the check is quick, in all others, so that the choice can be judged.
 *
 * @module
 */
import type { Gpu } from "../../policy/webgpu/device.ts";
import { GEOMETRIES, type Geometry, geometryOf, matmul } from "../../policy/webgpu/kernels/matmul.ts";
import { uploadMatrix } from "../../policy/webgpu/op_check.ts";
import { Plan } from "../../policy/webgpu/plan.ts";
import { median } from "../perf/workload.ts";
import { filling } from "./kernels.ts";
import type { ProductFigure } from "./report.ts";
import { secondsOnGpu } from "./timing.ts";

/** A product to time. */
export type ProductShape = Pick<ProductFigure, "what" | "m" | "n" | "k" | "form">;

const square = (size: number): ProductShape => ({ what: `${size}³`, m: size, n: size, k: size, form: "nt" });

/** Squares, then the products of Qwen2.5-0.5B in training (4096 tokens) and in decoding (128 sequences). */
export const PRODUCTS: readonly ProductShape[] = [
  square(1024),
  square(2048),
  square(4096),
  { what: "0.5B up, forward", m: 4096, n: 4864, k: 896, form: "nt" },
  { what: "0.5B up, backward", m: 4096, n: 896, k: 4864, form: "nn" },
  { what: "0.5B up, backward of the weight", m: 4864, n: 896, k: 4096, form: "tn" },
  { what: "0.5B query, forward", m: 4096, n: 896, k: 896, form: "nt" },
  { what: "0.5B key, forward", m: 4096, n: 128, k: 896, form: "nt" },
  { what: "0.5B key, backward of the weight", m: 128, n: 896, k: 4096, form: "tn" },
  { what: "0.5B logits, a chunk", m: 2048, n: 16384, k: 896, form: "nt" },
  { what: "0.5B up, decoding", m: 128, n: 4864, k: 896, form: "nt" },
  { what: "0.5B down, decoding", m: 128, n: 896, k: 4864, form: "nt" },
  { what: "0.5B key, decoding", m: 128, n: 128, k: 896, form: "nt" },
  { what: "0.5B logits, decoding, a chunk", m: 128, n: 16384, k: 896, form: "nt" },
];

/** Those of a quick check: two squares, and one product for each form and for decoding. */
export const QUICK_PRODUCTS = [1, 2, 3, 4, 5, 10].map((n) => PRODUCTS[n]);

/** Dispatches of a plan: enough that submitting them takes less time than they do, but not many of a large product. */
const copiesOf = ({ m, n, k }: ProductShape) => Math.max(1, Math.min(16, Math.round(1e11 / (2 * m * n * k))));

/** Times products, and hands each figure to `report`. */
export async function timeProducts(
  gpu: Gpu,
  shapes: readonly ProductShape[],
  { peak, repeats, all, target }: { peak: number | null; repeats: number; all: boolean; target?: number },
  report: (figure: ProductFigure) => void,
): Promise<void> {
  for (const shape of shapes) {
    const { m, n, k, form } = shape, turned = { a: form === "tn", b: form === "nt" };
    const a = uploadMatrix(gpu, filling(m * k), ...(turned.a ? [k, m] as const : [m, k] as const));
    const b = uploadMatrix(gpu, filling(k * n), ...(turned.b ? [n, k] as const : [k, n] as const));
    const choice = geometryOf(new Plan(gpu, {}), { m, n });
    for (const [name, geometry] of Object.entries<Geometry>(GEOMETRIES)) {
      const taken = geometry === choice;
      if (!taken && (!all || geometry.depth === 0)) continue;
      const plan = new Plan(gpu, {}), c = plan.matrix(m, n);
      const factors = { a: { matrix: a, turned: turned.a }, b: { matrix: b, turned: turned.b } };
      const copies = copiesOf(shape);
      for (let copy = 0; copy < copies; copy++) matmul(plan, { name: "timed", m, n, k, ...factors, c }, geometry);
      const seconds = (await secondsOnGpu(gpu, () => plan.run({}), { repeats, target })).map((time) => time / copies);
      report(productFigure({ ...shape, by: "podium", geometry: name, taken, seconds }, peak));
      plan.dispose();
    }
    for (const { buffer } of [a, b]) gpu.free(buffer);
  }
}

/** Completes a figure. */
export function productFigure(
  figure: Omit<ProductFigure, "teraflops" | "peakShare">,
  peak: number | null,
): ProductFigure {
  const teraflops = 2 * figure.m * figure.n * figure.k / median(figure.seconds) / 1e12;
  return { ...figure, teraflops, peakShare: peak && teraflops / peak };
}
