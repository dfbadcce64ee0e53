/**
 * What an operation is: one file per operation, each with its shape rule, a float64 reference, the backward of that
 * reference, and its lowerings to ONNX and to WGSL (forward and backward). A model is written once, as a composition of
 * these. A few operations exist in one form for each back end; they lack the other's lowering.
 *
 * Activations are matrices with one row per token. A batch of tokens has a layout: `B` sequences of `t` tokens each,
 * row `b * t + i` being token `i` of sequence `b`.
 *
 * @module
 */
import type { Graph } from "../cpu/onnx.ts";
import type { Matrix, Plan } from "../webgpu/plan.ts";

/** A float64 array with a shape: what the references compute with. Token ids and positions are stored as numbers too. */
export interface Tensor {
  shape: number[];
  data: Float64Array;
}

/** The ONNX values of a node's forward, as its backward sees them. */
export interface Lowered {
  /** Names of the node's inputs. */
  inputs: readonly string[];
  /** Name of its output. */
  output: string;
  /** Names of whatever else the forward kept. */
  saved: readonly string[];
}

/** The matrices of a node's forward, as its backward on the GPU sees them. */
export interface Planned {
  inputs: readonly Matrix[];
  output: Matrix;
  /** Whatever else the forward kept. */
  saved: readonly Matrix[];
}

/** Where a gradient goes: it replaces what the matrix holds, or is added to it. */
export interface Target {
  matrix: Matrix;
  /** How a kernel stores it: `=` or `+=`. */
  store: "=" | "+=";
}

/** Where the gradients of a node's inputs go. */
export interface Targets {
  /** Of input `n`; null if nobody wants it. Kernels that write it must be appended before the next target is asked for. */
  of(n: number): Target | null;
  /** The gradient of input `n` is the output's, unchanged. Comes last: the matrix then belongs to the input. */
  pass(n: number): void;
}

/** An operation with one output. `A` are its attributes: numbers known when the model is built. */
// deno-lint-ignore no-explicit-any
export interface Op<A = any> {
  readonly name: string;
  /** Shape of the output. */
  shape(inputs: readonly number[][], attributes: A): number[];
  /** Float64 reference. */
  forward(inputs: readonly Tensor[], attributes: A): Tensor;
  /** Gradient with respect to each input (null for ids, masks and tables), given the output's. Absent: not differentiable. */
  backward?(inputs: readonly Tensor[], output: Tensor, gradient: Tensor, attributes: A): (Tensor | null)[];
  /** Appends the operation to an ONNX graph. */
  lower?(graph: Graph, inputs: readonly string[], attributes: A): { output: string; saved?: string[] };
  /** Appends its backward; `null` where there is no gradient. Only inputs with `wanted` need one. */
  lowerBackward?(
    graph: Graph,
    forward: Lowered,
    gradient: string,
    attributes: A,
    wanted: readonly boolean[],
  ): (string | null)[];
  /** Appends the operation to a plan for the GPU. */
  wgsl?(plan: Plan, inputs: readonly Matrix[], attributes: A): { output: Matrix; saved?: Matrix[] };
  /** Appends its backward, given the gradient of the output. */
  wgslBackward?(plan: Plan, forward: Planned, gradient: Matrix, targets: Targets, attributes: A): void;
}

/** A zero tensor of a shape. */
export function zeros(shape: number[]): Tensor {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}

/** `a [m, k] · b [n, k]ᵀ`, with `b` as a linear layer's weight. */
export function matmulTransposed(a: Tensor, b: Tensor): Tensor {
  const [m, k] = a.shape, n = b.shape[0], out = zeros([m, n]);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let c = 0; c < k; c++) sum += a.data[i * k + c] * b.data[j * k + c];
      out.data[i * n + j] = sum;
    }
  }
  return out;
}
