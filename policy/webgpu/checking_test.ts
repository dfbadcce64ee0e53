/**
 * What the tests of the GPU share; there is no test in here.
 *
 * They run on a software adapter too (Debian: `mesa-vulkan-drivers`). Without any adapter they are ignored, and their
 * names say so; with `PODIUM_REQUIRE_GPU=1` they fail.
 *
 * @module
 */
import { deepStrictEqual, fail, ok, strictEqual } from "node:assert/strict";
import type { Input } from "../ops/inputs.ts";
import { type Op, zeros } from "../ops/op.ts";
import { type Gpu, openGpu } from "./device.ts";
import { opErrors, type OpLayout, uploadMatrix } from "./op_check.ts";
import type { Matrix, Rows } from "./plan.ts";

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

/** A test of exact bits, which needs an adapter that never fuses. */
export function exactTest(name: string, body: () => void | Promise<void>): void {
  if (opened instanceof Error || neverFuses) return gpuTest(name, body);
  Deno.test({ name: `${name} (ignored: ${gpu.adapter.name} may fuse)`, ignore: true, fn: body });
}

/** A matrix on the device with some numbers. */
export function matrixOf(data: ArrayLike<number>, rows: Rows, width: number, type: "f32" | "u32" = "f32"): Matrix {
  return uploadMatrix(gpu, data, rows, width, type);
}

/** The numbers of matrices of the given lengths. */
export async function numbersOf(...matrices: [Matrix, number][]): Promise<(Float32Array | Uint32Array)[]> {
  const copies = await gpu.download(
    matrices.map(([{ buffer, offset }, length]) => ({ buffer, offset, size: length * 4 })),
  );
  return copies.map((copy, n) => matrices[n][0].type === "u32" ? new Uint32Array(copy) : new Float32Array(copy));
}

/** Fails unless all numbers are the same. A zero has no sign here: WGSL leaves that to the compiler. */
export function sameNumbers(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  strictEqual(found.length, expected.length, `${what}: how many`);
  const differ = Array.from(expected).flatMap((value, i) => Object.is(value + 0, found[i] + 0) ? [] : [i]),
    [i] = differ;
  if (i === undefined) return;
  fail(`${what}: ${differ.length} of ${found.length} differ; number ${i} is ${found[i]}, expected ${expected[i]}`);
}

/** Holds the kernels of an operation to the float64 reference: the output, and every gradient. */
export async function checkWgsl<A>(
  op: Op<A>,
  inputs: readonly Input[],
  attributes: A,
  { tolerance = 2e-6, ...layout }: OpLayout & { tolerance?: number } = {},
): Promise<void> {
  for (const { what, error } of await opErrors(gpu, op, inputs, attributes, layout)) {
    ok(error <= tolerance, `${what}: off by ${error}, more than ${tolerance}`);
  }
  if (!op.wgslBackward) return;
  const tensors = inputs.map(({ tensor }) => tensor), output = op.forward(tensors, attributes);
  const gradients = op.backward!(tensors, output, zeros(output.shape), attributes);
  deepStrictEqual(gradients.map((part) => part !== null), inputs.map(({ kind }) => kind === "trained"));
}

/**
 * A stream of all prompts and then, prompt by prompt, the responses to it: the ranges of rows that each row sees as a
 * query and is seen by as a key (see `packedAttention`).
 */
export function packedStream(groups: readonly { prompt: number; responses: readonly number[] }[]) {
  const spans: number[] = [],
    seen: number[] = [],
    sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  const firstResponse = sum(groups.map(({ prompt }) => prompt));
  let children = firstResponse, next = 0;
  const prompts = groups.map(({ prompt, responses }) => {
    const first = next, count = sum(responses);
    for (let i = 0; i < prompt; i++) {
      spans.push(0, 0, first, i + 1);
      seen.push(first + i, prompt - i, children, count);
    }
    children += count;
    next += prompt;
    return { first, count: prompt, responses };
  });
  for (const { first, count, responses } of prompts) {
    for (const length of responses) {
      for (let i = 0; i < length; i++) {
        spans.push(first, count, next, i + 1);
        seen.push(next + i, length - i, 0, 0);
      }
      next += length;
    }
  }
  const ids = (values: number[]): Input => ({
    kind: "ids",
    tensor: { shape: [next, 4], data: Float64Array.from(values) },
  });
  return { rows: next, spans: ids(spans), seen: ids(seen) };
}
