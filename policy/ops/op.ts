/**
 * What an operation is: one file per operation, each with its shape rule, a float64 reference, the backward of that
 * reference, and its lowering to ONNX (forward and backward). A model is written once, as a composition of these.
 *
 * Activations are matrices with one row per token. A batch of tokens has a layout: `B` sequences of `t` tokens each,
 * row `b * t + i` being token `i` of sequence `b`.
 *
 * @module
 */
import type { Graph } from "../cpu/onnx.ts";

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
  lower(graph: Graph, inputs: readonly string[], attributes: A): { output: string; saved?: string[] };
  /** Appends its backward; `null` where there is no gradient. Only inputs with `wanted` need one. */
  lowerBackward?(
    graph: Graph,
    forward: Lowered,
    gradient: string,
    attributes: A,
    wanted: readonly boolean[],
  ): (string | null)[];
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
