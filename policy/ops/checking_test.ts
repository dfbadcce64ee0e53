/**
 * What the tests of the operations share; there is no test in here.
 *
 * {@linkcode checkOp} holds an operation to everything that `Op` promises: its shape rule, its backward against central
 * finite differences in float64, and both lowerings against the float64 reference.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { lowerBackward, lowerForward } from "../cpu/lower.ts";
import type { Graph } from "../cpu/onnx.ts";
import { type Feed, floats, ids, openSession } from "../cpu/session.ts";
import { Program, type Value } from "../model/program.ts";
import { distance, fixed, indices, type Input, random, trained } from "./inputs.ts";
import type { Op } from "./op.ts";

export { distance, fixed, indices, type Input, random, trained };

/** Fails unless the numbers are as close as `tolerance`, in the sense of {@linkcode distance}. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what = "value") {
  const found = distance(actual, expected);
  ok(found <= tolerance, `${what}: off by ${found}, more than ${tolerance}`);
}

/** Float64 half of {@linkcode checkOp}: shape rule, and backward against central differences. */
export function checkReference<A>(op: Op<A>, inputs: readonly Input[], attributes: A): void {
  const tensors = inputs.map(({ tensor }) => tensor), output = op.forward(tensors, attributes);
  deepStrictEqual(op.shape(tensors.map(({ shape }) => shape), attributes), output.shape, "shape rule");
  strictEqual(output.data.length, output.shape.reduce((a, b) => a * b, 1), "size of the output");
  if (!op.backward) return;
  const seed = random(`seed of ${op.name}`, output.shape);
  const gradients = op.backward(tensors, output, seed, attributes);
  const loss = () => op.forward(tensors, attributes).data.reduce((sum, value, i) => sum + value * seed.data[i], 0);
  inputs.forEach(({ kind, tensor }, n) => {
    if (kind !== "trained") return strictEqual(gradients[n], null, `input ${n} of ${op.name} has no gradient`);
    deepStrictEqual(gradients[n]!.shape, tensor.shape, `shape of gradient ${n} of ${op.name}`);
    const numeric = tensor.data.map((value, i) => {
      const at = (x: number) => {
        tensor.data[i] = x;
        return loss();
      };
      const h = 1e-5, slope = (at(value + h) - at(value - h)) / (2 * h);
      tensor.data[i] = value;
      return slope;
    });
    close(gradients[n]!.data, numeric, 1e-8, `gradient ${n} of ${op.name}`);
  });
}

/** Float32 half of {@linkcode checkOp}: the ONNX lowerings against the reference, all gradients at once and each alone. */
export async function checkLowering<A>(
  op: Op<A>,
  inputs: readonly Input[],
  attributes: A,
  { sizes = {}, tolerance = 2e-6 }: { sizes?: Record<string, number>; tolerance?: number } = {},
): Promise<void> {
  const tensors = inputs.map(({ tensor }) => tensor), output = op.forward(tensors, attributes);
  const feeds = Object.fromEntries(inputs.map(({ kind, tensor }, n) => [
    `x${n}`,
    kind === "ids" ? ids([...tensor.data]) : floats(Float32Array.from(tensor.data), tensor.shape),
  ]));
  const program = (wanted: (n: number) => boolean) => {
    const program = new Program();
    const values = inputs.map(({ kind, tensor: { shape } }, n): Value => {
      if (kind === "ids") return program.input(`x${n}`, shape.length, "int64");
      return wanted(n) ? program.variable(`x${n}`, shape.length) : program.input(`x${n}`, shape.length);
    });
    program.output("y", program.apply(op, values, attributes, output.shape.length));
    return program;
  };
  const { y } = await runOnce(lowerForward(program(() => false)), feeds, sizes);
  close(y, output.data, tolerance, `lowered ${op.name}`);
  if (!op.backward) return;
  const seed = random(`seed of ${op.name}`, output.shape);
  const gradients = op.backward(tensors, output, seed, attributes);
  feeds["derivative:y"] = floats(Float32Array.from(seed.data), seed.shape);
  const live = inputs.flatMap(({ kind }, n) => kind === "trained" ? [n] : []);
  for (const wanted of [live, ...live.length > 1 ? live.map((n) => [n]) : []]) {
    const graph = lowerBackward(program((n) => wanted.includes(n)), ["y"]);
    deepStrictEqual(graph.outputNames, wanted.map((n) => `gradient:x${n}`));
    const found = await runOnce(graph, feeds, sizes);
    for (const n of wanted) {
      close(found[`gradient:x${n}`], gradients[n]!.data, tolerance, `lowered gradient ${n} of ${op.name}`);
    }
  }
}

/** {@linkcode checkReference} and {@linkcode checkLowering}. */
export async function checkOp<A>(
  op: Op<A>,
  inputs: readonly Input[],
  attributes: A,
  options: { sizes?: Record<string, number>; tolerance?: number } = {},
): Promise<void> {
  checkReference(op, inputs, attributes);
  await checkLowering(op, inputs, attributes, options);
}

/** Compiles, runs and frees a graph. */
export async function runOnce(graph: Graph, feeds: Record<string, Feed>, sizes: Record<string, number> = {}) {
  const session = await openSession(graph);
  const outputs = await session.run(feeds, sizes);
  await session.dispose();
  return outputs;
}
