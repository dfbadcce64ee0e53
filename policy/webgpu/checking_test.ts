/**
 * What the tests of the GPU share; there is no test in here.
 *
 * They run on a software adapter too (Debian: `mesa-vulkan-drivers`). Without any adapter they are ignored, and their
 * names say so; with `PODIUM_REQUIRE_GPU=1` they fail.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import { Program, type Value } from "../model/program.ts";
import type { Op } from "../ops/op.ts";
import { close, type Input, random } from "../ops/checking_test.ts";
import { type Gpu, openGpu } from "./device.ts";
import { planBackward, planForward } from "./lower.ts";
import { type Count, type Matrix, Plan, type Rows } from "./plan.ts";

const required = Deno.env.get("PODIUM_REQUIRE_GPU") === "1";
const opened: Gpu | Error = await openGpu({ software: true }).catch((error: Error) => error);

/** The adapter under test; only to be used inside of {@linkcode gpuTest}. */
export const gpu = opened as Gpu;

/** True where products and sums are never fused, so that float32 arithmetic of JavaScript gives the same bits. */
export const neverFuses = !(opened instanceof Error) && opened.adapter.name.includes("llvmpipe");

/** A test that needs a GPU. */
export function gpuTest(name: string, body: () => void | Promise<void>): void {
  const missing = opened instanceof Error;
  Deno.test({
    name: missing && !required ? `${name} (ignored: ${opened.message})` : name,
    ignore: missing && !required,
    async fn() {
      if (opened instanceof Error) throw opened;
      await body();
      await gpu.download([]); // fails if any dispatch was not valid
    },
  });
}

/** A matrix on the device with some numbers. */
export function matrixOf(data: ArrayLike<number>, rows: Rows, width: number, type: Matrix["type"] = "f32"): Matrix {
  const buffer = gpu.buffer(data.length * 4);
  gpu.upload(buffer, type === "u32" ? Uint32Array.from(data) : Float32Array.from(data));
  return { buffer, offset: 0, rows, width, type };
}

/** The numbers of matrices of the given lengths. */
export async function numbersOf(...matrices: [Matrix, number][]): Promise<(Float32Array | Uint32Array)[]> {
  const copies = await gpu.download(
    matrices.map(([{ buffer, offset }, length]) => ({ buffer, offset, size: length * 4 })),
  );
  return copies.map((copy, n) => matrices[n][0].type === "u32" ? new Uint32Array(copy) : new Float32Array(copy));
}

/** How an operation is laid out for {@linkcode checkWgsl}. */
export interface Layout {
  /** Rows of each input that are counted at run time; the others are weights, whose rows are fixed. */
  counts?: readonly (Count | null)[];
  /** Rows of each of an input's parts, for a matrix that is cut. */
  parts?: Readonly<Record<number, readonly number[]>>;
  tolerance?: number;
}

/** Holds the kernels of an operation to the float64 reference: the output, and every gradient. */
export async function checkWgsl<A>(
  op: Op<A>,
  inputs: readonly Input[],
  attributes: A,
  { counts = [], parts = {}, tolerance = 2e-6 }: Layout = {},
): Promise<void> {
  const tensors = inputs.map(({ tensor }) => tensor), output = op.forward(tensors, attributes);
  const sizes: Partial<Record<Count, number>> = {};
  const place = (n: number, data: ArrayLike<number>): Matrix => {
    const { kind, tensor: { shape } } = inputs[n], count = counts[n];
    // A vector with a number per row is a column, a vector of weights a row.
    const [rows, width] = shape.length === 2 ? shape : count || kind === "ids" ? [shape[0], 1] : [1, shape[0]];
    if (count) sizes[count] = rows;
    const cut = parts[n];
    if (!cut) return matrixOf(data, count ?? rows, width, kind === "ids" ? "u32" : "f32");
    let first = 0;
    const pieces = cut.map((size) => {
      const piece = matrixOf(Array.prototype.slice.call(data, first * width, (first + size) * width), size, width);
      first += size;
      return piece;
    });
    return { ...pieces[0], rows, parts: pieces };
  };
  const matrices = tensors.map(({ data }, n) => place(n, data));
  const all = async (n: number, matrix: Matrix) => {
    const { width } = matrix;
    const found = await numbersOf(...(matrix.parts ?? [matrix]).map((part): [Matrix, number] => [
      part,
      (matrix.parts ? part.rows as number : tensors[n].data.length / width) * width,
    ]));
    return found.flatMap((numbers) => [...numbers]);
  };
  const program = new Program();
  const values = inputs.map(({ kind, tensor: { shape } }, n): Value => {
    if (kind === "ids") return program.input(`x${n}`, shape.length, "int64");
    return kind === "trained" ? program.weight(`x${n}`, shape.length) : program.input(`x${n}`, shape.length);
  });
  const y = program.apply(op, values, attributes, output.shape.length);
  program.output("y", y);
  const numberOf = ({ name }: Value) => Number(name.slice(1)), leaves = (leaf: Value) => matrices[numberOf(leaf)];
  const plan = new Plan(gpu, sizes);
  const found = planForward(plan, program, leaves).get("y")!;
  plan.run(sizes);
  close((await numbersOf([found, output.data.length]))[0], output.data, tolerance, `output of ${op.name}`);
  plan.dispose();
  if (!op.wgslBackward) return;
  const seed = random(`seed of ${op.name}`, output.shape);
  const expected = op.backward!(tensors, output, seed, attributes);
  const gradients = tensors.map(({ data }, n) => place(n, data.map(() => 1)));
  const back = new Plan(gpu, sizes);
  const { outputs, derivative } = planBackward(back, program, leaves, "y", (leaf) => gradients[numberOf(leaf)]);
  gpu.upload(derivative.buffer, Float32Array.from(seed.data));
  back.run(sizes);
  close(
    (await numbersOf([outputs.get("y")!, output.data.length]))[0],
    output.data,
    tolerance,
    `${op.name} in training`,
  );
  for (const [n, { kind }] of inputs.entries()) {
    if (kind !== "trained") continue;
    const sum = (await all(n, gradients[n])).map((value) => value - 1);
    close(sum, expected[n]!.data, tolerance, `gradient ${n} of ${op.name}, added to ones`);
  }
  deepStrictEqual(expected.map((part) => part !== null), inputs.map(({ kind }) => kind === "trained"));
  back.dispose();
}
