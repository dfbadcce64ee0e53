/**
 * Holds the kernels of an operation to its float64 reference, on whatever adapter there is: tests do, and `gpu-check`.
 *
 * @module
 */
import { Program, type Value } from "../model/program.ts";
import { distance, type Input, random } from "../ops/inputs.ts";
import type { Op } from "../ops/op.ts";
import { tail } from "../ops/tail.ts";
import type { Gpu } from "./device.ts";
import { planBackward, planForward } from "./lower.ts";
import { type Count, type Matrix, Plan, type Rows } from "./plan.ts";

/** How an operation is laid out. */
export interface OpLayout {
  /** Rows of each input that are counted at run time; the others are weights, whose rows are fixed. */
  counts?: readonly (Count | null)[];
  /** Rows of each of an input's parts, for a matrix that is cut. */
  parts?: Readonly<Record<number, readonly number[]>>;
}

/** How far a result of the kernels is from the reference, in the sense of {@linkcode distance}. */
export interface OpError {
  what: string;
  error: number;
}

/** A matrix on the device with some numbers. */
export function uploadMatrix(
  gpu: Gpu,
  data: ArrayLike<number>,
  rows: Rows,
  width: number,
  type: "f32" | "u32" = "f32",
): Matrix {
  const buffer = gpu.buffer(data.length * 4);
  gpu.upload(buffer, type === "u32" ? Uint32Array.from(data) : Float32Array.from(data));
  return { buffer, offset: 0, rows, width, type };
}

/** The first numbers of matrices: as many as given. */
export async function downloadMatrices(gpu: Gpu, ...matrices: [Matrix, number][]): Promise<Float32Array[]> {
  const copies = await gpu.download(
    matrices.map(([{ buffer, offset }, length]) => ({ buffer, offset, size: length * 4 })),
  );
  return copies.map((copy) => new Float32Array(copy));
}

/** How an operation is run. */
export interface OpTrial extends OpLayout {
  /** Gradient of the output; without it only the forward runs. */
  seed?: ArrayLike<number>;
  /** What gradients are added to. Default 0. */
  start?: number;
  /** Trained inputs whose rows are counted are values, not weights: their gradients are stored instead of added. */
  stored?: boolean;
}

/** What the kernels of an operation compute. */
export interface OpResult {
  output: Float32Array;
  /** The output again, and each trained input's gradient. */
  training?: { output: Float32Array; gradients: (Float32Array | null)[] };
}

/** Runs forward, then forward and backward. */
export async function runOp<A>(
  gpu: Gpu,
  op: Op<A>,
  inputs: readonly Input[],
  attributes: A,
  { counts = [], parts = {}, seed, start = 0, stored = false }: OpTrial = {},
): Promise<OpResult> {
  const tensors = inputs.map(({ tensor }) => tensor), shape = op.shape(tensors.map(({ shape }) => shape), attributes);
  const length = shape.reduce((a, b) => a * b, 1), sizes: Partial<Record<Count, number>> = {}, uploaded: Matrix[] = [];
  const upload = (...given: [ArrayLike<number>, Rows, number, ("f32" | "u32")?]) => {
    uploaded.push(uploadMatrix(gpu, ...given));
    return uploaded[uploaded.length - 1];
  };
  const place = (n: number, data: ArrayLike<number>): Matrix => {
    const { kind, tensor: { shape } } = inputs[n], count = counts[n];
    // A vector with a number per row is a column, a vector of weights a row.
    const [rows, width] = shape.length === 2 ? shape : count || kind === "ids" ? [shape[0], 1] : [1, shape[0]];
    if (count) sizes[count] = rows;
    const cut = parts[n];
    if (!cut) return upload(data, count ?? rows, width, kind === "ids" ? "u32" : "f32");
    let first = 0;
    const pieces = cut.map((size) => {
      const piece = upload(Array.prototype.slice.call(data, first * width, (first + size) * width), size, width);
      first += size;
      return piece;
    });
    return { ...pieces[0], rows, parts: pieces };
  };
  const matrices = tensors.map(({ data }, n) => place(n, data));
  const numbers = async (n: number, matrix: Matrix) => {
    const { width } = matrix;
    const found = await downloadMatrices(
      gpu,
      ...(matrix.parts ?? [matrix]).map((part): [Matrix, number] => [
        part,
        (matrix.parts ? part.rows as number : tensors[n].data.length / width) * width,
      ]),
    );
    return Float32Array.from(found.flatMap((part) => [...part]));
  };
  const program = new Program();
  const values = inputs.map(({ kind, tensor: { shape } }, n): Value => {
    if (kind === "ids") return program.input(`x${n}`, shape.length, "int64");
    if (kind === "fixed") return program.input(`x${n}`, shape.length);
    const weight = program.weight(`x${n}`, shape.length);
    // The tail of as many rows is a copy: the gradient that passes through it is the node's own.
    return stored && counts[n] ? program.apply(tail, [weight, weight], {}) : weight;
  });
  program.output("y", program.apply(op, values, attributes, shape.length));
  const numberOf = ({ name }: Value) => Number(name.slice(1)), leaves = (leaf: Value) => matrices[numberOf(leaf)];
  const plan = new Plan(gpu, sizes), y = planForward(plan, program, leaves).get("y")!;
  plan.run(sizes);
  const [output] = await downloadMatrices(gpu, [y, length]), result: OpResult = { output };
  plan.dispose();

  if (seed) {
    const gradients = tensors.map(({ data }, n) => place(n, data.map(() => start)));
    const back = new Plan(gpu, sizes);
    const { outputs, derivative } = planBackward(back, program, leaves, "y", (leaf) => gradients[numberOf(leaf)]);
    gpu.upload(derivative.buffer, Float32Array.from(seed));
    back.run(sizes);
    const [output] = await downloadMatrices(gpu, [outputs.get("y")!, length]), found: (Float32Array | null)[] = [];
    for (const [n, { kind }] of inputs.entries()) {
      found.push(kind === "trained" ? await numbers(n, gradients[n]) : null);
    }
    result.training = { output, gradients: found };
    back.dispose();
  }
  for (const { buffer } of uploaded) gpu.free(buffer);
  return result;
}

/** Runs forward, then forward and backward; the errors of the output in both, and of every gradient, added to ones. */
export async function opErrors<A>(
  gpu: Gpu,
  op: Op<A>,
  inputs: readonly Input[],
  attributes: A,
  layout: OpLayout = {},
): Promise<OpError[]> {
  const tensors = inputs.map(({ tensor }) => tensor), expected = op.forward(tensors, attributes);
  const seed = random(`seed of ${op.name}`, expected.shape);
  const trial = op.wgslBackward ? { ...layout, seed: seed.data, start: 1 } : layout;
  const { output, training } = await runOp(gpu, op, inputs, attributes, trial);
  const error = (what: string, found: ArrayLike<number>, expected: ArrayLike<number>): OpError => ({
    what: `${what} of ${op.name}`,
    error: distance(found, expected),
  });
  const errors = [error("output", output, expected.data)];
  if (!training) return errors;
  errors.push(error("output in training", training.output, expected.data));
  const gradients = op.backward!(tensors, expected, seed, attributes);
  training.gradients.forEach((found, n) => {
    if (found) errors.push(error(`gradient ${n}`, found.map((value) => value - 1), gradients[n]!.data));
  });
  return errors;
}
