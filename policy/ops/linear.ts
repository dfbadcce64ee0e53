/**
 * Linear layer: `y = factor · x · (W ∘ scale)ᵀ + bias + residual`, with the weight in the Hugging Face layout [out, in].
 *
 * `scale` [in] is the weight of the RMS normalisation before it, `residual` [N, out] the stream the result is added to;
 * both cost nothing extra here and a pass over all tokens anywhere else. On the GPU the normalisation itself applies its
 * weight for nothing, so `scale` has no kernel.
 *
 * @module
 */
import { matmul } from "../webgpu/kernels/matmul.ts";
import { fixed } from "../webgpu/plan.ts";
import { matmulTransposed, type Op, type Tensor, zeros } from "./op.ts";

/** Which optional inputs follow x [N, in] and W [out, in], in this order, and how the matrix is shaped. */
export interface LinearAttributes {
  scale?: boolean;
  bias?: boolean;
  residual?: boolean;
  /** Of the product. On the GPU only for one without bias and residual. Default 1. */
  factor?: number;
  /** Fewer outputs than inputs: only a matter of speed. */
  narrowing?: boolean;
}

/** Output [N, out]. */
export const linear: Op<LinearAttributes> = {
  name: "linear",
  shape: ([x, weight]) => [x[0], weight[0]],
  forward(inputs, attributes) {
    const { x, weight, scale, bias, residual } = named(inputs, attributes);
    const out = matmulTransposed(x, scaled(weight, scale));
    const width = weight.shape[0], { factor = 1 } = attributes;
    for (let i = 0; i < out.data.length; i++) {
      out.data[i] = factor * out.data[i] + (bias?.data[i % width] ?? 0) + (residual?.data[i] ?? 0);
    }
    return out;
  },
  backward(inputs, _output, gradient, attributes) {
    const { x, weight, scale, bias, residual } = named(inputs, attributes);
    const [rows, width] = x.shape, outputs = weight.shape[0];
    const effective = scaled(weight, scale), dx = zeros(x.shape), dw = zeros(weight.shape);
    for (let i = 0; i < rows; i++) {
      for (let o = 0; o < outputs; o++) {
        const g = (attributes.factor ?? 1) * gradient.data[i * outputs + o];
        for (let c = 0; c < width; c++) {
          dx.data[i * width + c] += g * effective.data[o * width + c];
          dw.data[o * width + c] += g * x.data[i * width + c];
        }
      }
    }
    const gradients: Tensor[] = [dx, scaled(dw, scale)];
    if (scale) {
      const ds = zeros(scale.shape);
      dw.data.forEach((value, i) => ds.data[i % width] += value * weight.data[i]);
      gradients.push(ds);
    }
    if (bias) {
      const db = zeros(bias.shape);
      gradient.data.forEach((value, i) => db.data[i % outputs] += value);
      gradients.push(db);
    }
    return residual ? [...gradients, gradient] : gradients;
  },
  lower(graph, inputs, attributes) {
    const { x, weight, scale, bias, residual } = named(inputs, attributes);
    const effective = scale ? graph.node("Mul", [weight, scale]) : weight;
    const added = residual && bias ? graph.node("Add", [residual, bias]) : residual ?? bias;
    const output = graph.node("Gemm", added ? [x, effective, added] : [x, effective], {
      transB: 1,
      ...alpha(attributes),
    });
    return { output, saved: [effective] };
  },
  lowerBackward(graph, { inputs, saved: [effective] }, gradient, attributes, wanted) {
    const { x, weight, scale, bias, residual } = named(inputs, attributes);
    const dx = wanted[0] ? graph.node("Gemm", [gradient, effective], alpha(attributes)) : null;
    // Transposing first is cheap, and the product then runs a fifth faster than with transA. The larger side comes
    // first: threads share out rows, and no sum is then cut differently for two threads than for one.
    const turned = (value: string) => graph.node("Transpose", [value], { perm: [1, 0] });
    const dw = attributes.narrowing
      ? turned(graph.node("Gemm", [turned(x), gradient], alpha(attributes)))
      : graph.node("Gemm", [turned(gradient), x], alpha(attributes));
    const gradients: (string | null)[] = [dx, scale ? graph.node("Mul", [dw, scale]) : dw];
    if (scale) {
      gradients.push(graph.node("ReduceSum", [graph.node("Mul", [dw, weight]), graph.integers([0])], { keepdims: 0 }));
    }
    if (bias) gradients.push(graph.node("ReduceSum", [gradient, graph.integers([0])], { keepdims: 0 }));
    return residual ? [...gradients, gradient] : gradients;
  },
  wgsl(plan, inputs, attributes) {
    const { x, weight, scale, bias, residual } = named(inputs, attributes);
    const { factor } = attributes;
    if (scale || weight.parts) throw new Error("No kernel for a linear layer with a scale, or a matrix over 128 MiB.");
    if (factor !== undefined && (bias || residual)) {
      throw new Error("No kernel for a factor beside a bias or residual.");
    }
    const c = plan.matrix(x.rows, plan.capacityOf(weight.rows));
    matmul(plan, {
      name: "forward",
      m: x.rows,
      n: weight.rows,
      k: weight.width,
      a: { matrix: x },
      b: { matrix: weight, turned: true },
      c,
      bias,
      residual,
    });
    // Few columns: that of an adapter's rank.
    if (factor !== undefined) plan.elementwise("factor", { write: { c }, body: `c[i] = c[i] * ${factor};` });
    return { output: c };
  },
  wgslBackward(plan, { inputs }, dy, targets, attributes) {
    const { x, weight, bias } = named(inputs, attributes), { factor } = attributes;
    const gradient = factor === undefined ? dy : plan.like(dy), dx = targets.of(0);
    if (factor !== undefined) {
      plan.elementwise("factor", { read: { dy }, write: { gradient }, body: `gradient[i] = dy[i] * ${factor};` });
    }
    if (dx) {
      const sides = { m: x.rows, n: weight.width, k: weight.rows, a: { matrix: gradient }, b: { matrix: weight } };
      matmul(plan, { name: "backward", ...sides, c: dx.matrix, adds: dx.store === "+=" });
    }
    const dw = targets.of(1);
    if (dw) {
      const sides = {
        m: weight.rows,
        n: weight.width,
        k: x.rows,
        a: { matrix: gradient, turned: true },
        b: { matrix: x },
      };
      matmul(plan, { name: "backward of the weight", ...sides, c: dw.matrix, adds: dw.store === "+=" });
    }
    if (factor !== undefined) plan.release(gradient);
    const db = bias && targets.of(2);
    if (db) {
      plan.elementwise("backward of the bias", {
        read: { gradient },
        write: { db: db.matrix },
        sizes: { rows: fixed(x.rows) },
        body: `
          var sum = 0.0;
          for (var r = 0u; r < ${plan.rowsIn(x.rows, "rows")}; r = r + 1u) {
            sum = sum + gradient[r * sizes.domainWidth + i];
          }
          db[i] ${db.store} sum;`,
      });
    }
    if (attributes.residual) targets.pass(inputs.length - 1);
  },
};

function named<T>(inputs: readonly T[], attributes: LinearAttributes) {
  const [x, weight, ...rest] = inputs;
  const next = (present?: boolean): T | undefined => present ? rest.shift() : undefined;
  return { x, weight, scale: next(attributes.scale), bias: next(attributes.bias), residual: next(attributes.residual) };
}

/** The factor, as an attribute of ONNX's product. */
function alpha({ factor }: LinearAttributes): Record<string, { float: number }> {
  return factor === undefined ? {} : { alpha: { float: factor } };
}

function scaled(weight: Tensor, scale: Tensor | undefined): Tensor {
  if (!scale) return weight;
  return { shape: weight.shape, data: weight.data.map((value, i) => value * scale.data[i % weight.shape[1]]) };
}
