/**
 * Lowers a program to a plan for the GPU: its forward pass, or forward and backward.
 *
 * @module
 */
import type { Program, Value } from "../model/program.ts";
import type { Planned, Target, Targets } from "../ops/op.ts";
import type { Matrix, Plan } from "./plan.ts";

/** Where weights and inputs are. */
export type Leaves = (leaf: Value) => Matrix;

/** Appends a program; returns its outputs by name. Memory of values that nothing needs any more is used again. */
export function planForward(plan: Plan, program: Program, leaves: Leaves): Map<string, Matrix> {
  const uses = new Map<number, number>(), outputs = new Set([...program.outputs.values()].map(({ id }) => id));
  for (const { inputs } of program.nodes) inputs.forEach(({ id }) => uses.set(id, (uses.get(id) ?? 0) + 1));
  const { values } = forward(plan, program, leaves, ({ inputs, planned }) => {
    planned.saved.forEach((matrix) => plan.release(matrix));
    inputs.forEach(({ id }, n) => {
      uses.set(id, uses.get(id)! - 1);
      if (uses.get(id) === 0 && !outputs.has(id)) plan.release(planned.inputs[n]);
    });
  });
  return named(program, values);
}

/**
 * Appends a program and the gradient of `Σ derivative · output` over one of its outputs: `gradients` says for each
 * weight where its gradient is, to which it is added. Returns the outputs, and the matrix that the derivatives must be
 * written to.
 */
export function planBackward(
  plan: Plan,
  program: Program,
  leaves: Leaves,
  name: string,
  gradients: Leaves,
): { outputs: Map<string, Matrix>; derivative: Matrix } {
  const { values, planned } = forward(plan, program, leaves);
  const differentiated = program.outputs.get(name)!, { rows, width } = values.get(differentiated.id)!;
  const derivative = plan.input(rows, width);
  const found = new Map<number, Matrix>([[differentiated.id, derivative]]);
  program.nodes.toReversed().forEach((node, n) => {
    const { op, inputs, output, attributes } = node, incoming = found.get(output.id);
    if (!incoming || !op.wgslBackward) return;
    let passed = false;
    const targets: Targets = {
      of(n): Target | null {
        const { id, kind, trained } = inputs[n];
        if (!trained) return null;
        if (kind === "weight") return { matrix: gradients(inputs[n]), store: "+=" };
        const sum = found.get(id);
        if (sum) return { matrix: sum, store: "+=" };
        const matrix = plan.like(values.get(id)!);
        found.set(id, matrix);
        return { matrix, store: "=" };
      },
      pass(n) {
        const { id, kind, trained } = inputs[n];
        if (!trained) return;
        if (kind === "weight" || found.has(id)) {
          const { matrix: sum } = targets.of(n)!;
          plan.elementwise("sum", { read: { incoming }, write: { sum }, body: "sum[i] += incoming[i];" });
          return;
        }
        found.set(id, incoming);
        passed = true;
      },
    };
    const lowered = planned[planned.length - 1 - n];
    op.wgslBackward(plan, lowered, incoming, targets, attributes);
    if (!passed && output !== differentiated) plan.release(incoming);
    lowered.saved.forEach((matrix) => plan.release(matrix));
    if (![...program.outputs.values()].includes(output)) plan.release(lowered.output);
  });
  return { outputs: named(program, values), derivative };
}

function forward(
  plan: Plan,
  program: Program,
  leaves: Leaves,
  after: (node: { inputs: readonly Value[]; planned: Planned }) => void = () => {},
): { values: Map<number, Matrix>; planned: Planned[] } {
  const values = new Map<number, Matrix>();
  for (const leaf of program.leaves.values()) values.set(leaf.id, leaves(leaf));
  const planned = program.nodes.map(({ op, inputs, output, attributes }): Planned => {
    const matrices = inputs.map(({ id }) => values.get(id)!);
    if (!op.wgsl) throw new Error(`${op.name} has no kernel for the GPU.`);
    const result = op.wgsl(plan, matrices, attributes);
    values.set(output.id, result.output);
    const done = { inputs: matrices, output: result.output, saved: result.saved ?? [] };
    after({ inputs, planned: done });
    return done;
  });
  return { values, planned };
}

function named(program: Program, values: Map<number, Matrix>): Map<string, Matrix> {
  return new Map([...program.outputs].map(([name, { id }]) => [name, values.get(id)!]));
}
