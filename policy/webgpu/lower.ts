/**
 * Lowers a program to a plan for the GPU: its forward pass, or forward and backward.
 *
 * @module
 */
import type { Node, Program, Value } from "../model/program.ts";
import type { Planned, Target, Targets } from "../ops/op.ts";
import type { Matrix, Plan } from "./plan.ts";

/** Where weights and inputs are. */
export type Leaves = (leaf: Value) => Matrix;

/** Where each value is, by its id. */
type Values = Map<number, Matrix>;

/** Appends a program; returns its outputs by name. Memory of values that nothing needs any more is used again. */
export function planForward(plan: Plan, program: Program, leaves: Leaves): Map<string, Matrix> {
  const values = valuesOf(program, leaves), forget = forgetting(plan, program, outputsOf(program));
  for (const node of program.nodes) forget(node, lower(plan, node, values));
  return named(program, values);
}

/**
 * Appends a program and the gradient of `Σ derivative · output` over one of its outputs: `gradients` says for each
 * weight where its gradient is, to which it is added. Returns the outputs, and the matrix that the derivatives must be
 * written to.
 *
 * With `recompute` the forward holds only what the program keeps and what stands behind the last of it; the rest is
 * computed again, stretch by stretch, before its backward: less memory, nearly one more forward, the same bits.
 */
export function planBackward(
  plan: Plan,
  program: Program,
  leaves: Leaves,
  name: string,
  gradients: Leaves,
  { recompute = false }: { recompute?: boolean } = {},
): { outputs: Map<string, Matrix>; derivative: Matrix } {
  const values = valuesOf(program, leaves), outputs = outputsOf(program), held = new Set([...outputs, ...program.kept]);
  const stretches = recompute ? stretchesOf(program) : [program.nodes], last = stretches.length - 1;
  const forget = forgetting(plan, program, held);
  const forward = stretches.map((nodes, n) =>
    nodes.map((node) => {
      const planned = lower(plan, node, values);
      if (n < last) forget(node, planned);
      return planned;
    })
  );
  const differentiated = program.outputs.get(name)!, { rows, width } = values.get(differentiated.id)!;
  const derivative = plan.input(rows, width), found: Values = new Map([[differentiated.id, derivative]]);
  for (const [n, nodes] of [...stretches.entries()].toReversed()) {
    const planned = n === last ? forward[n] : nodes.map((node, i) => {
      // What is held needs nothing but its inputs again.
      if (held.has(node.output.id)) return { ...forward[n][i], inputs: node.inputs.map(({ id }) => values.get(id)!) };
      return lower(plan, node, values);
    });
    for (const [i, node] of [...nodes.entries()].toReversed()) {
      const { op, output, attributes } = node, incoming = found.get(output.id);
      if (incoming && op.wgslBackward) {
        const { targets, passed } = targetsOf(plan, node, incoming, { values, found, gradients });
        op.wgslBackward(plan, planned[i], incoming, targets, attributes);
        if (!passed() && output !== differentiated) plan.release(incoming);
      }
      planned[i].saved.forEach((matrix) => plan.release(matrix));
      if (!outputs.has(output.id)) plan.release(planned[i].output);
    }
  }
  return { outputs: named(program, values), derivative };
}

/** Where the backward of a node puts its gradients: those of values are `found`, those of weights have a place. */
function targetsOf(
  plan: Plan,
  { inputs }: Node,
  incoming: Matrix,
  { values, found, gradients }: { values: Values; found: Values; gradients: Leaves },
): { targets: Targets; passed: () => boolean } {
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
  return { targets, passed: () => passed };
}

/** The nodes up to each value that the program keeps, then those behind the last. */
function stretchesOf({ nodes, kept }: Program): Node[][] {
  const stretches: Node[][] = [[]], own = new Set<number>();
  for (const node of nodes) {
    const { op, inputs, output } = node;
    if (inputs.some(({ id, kind }) => kind === "node" && !own.has(id) && !kept.has(id))) {
      throw new Error(`The program hands a value on to ${op.name} that it does not keep.`);
    }
    stretches[stretches.length - 1].push(node);
    own.add(output.id);
    if (!kept.has(output.id)) continue;
    stretches.push([]);
    own.clear();
  }
  return stretches;
}

function valuesOf(program: Program, leaves: Leaves): Values {
  return new Map([...program.leaves.values()].map((leaf) => [leaf.id, leaves(leaf)]));
}

function outputsOf({ outputs }: Program): Set<number> {
  return new Set([...outputs.values()].map(({ id }) => id));
}

/** Appends the forward of a node. */
function lower(plan: Plan, { op, inputs, output, attributes }: Node, values: Values): Planned {
  const matrices = inputs.map(({ id }) => values.get(id)!);
  if (!op.wgsl) throw new Error(`${op.name} has no kernel for the GPU.`);
  const result = op.wgsl(plan, matrices, attributes);
  values.set(output.id, result.output);
  return { inputs: matrices, output: result.output, saved: result.saved ?? [] };
}

/** To be told of every node: releases what no later one needs, unless it is `held`. */
function forgetting(plan: Plan, program: Program, held: ReadonlySet<number>) {
  const uses = new Map<number, number>();
  for (const { inputs } of program.nodes) inputs.forEach(({ id }) => uses.set(id, (uses.get(id) ?? 0) + 1));
  return ({ inputs, output }: Node, planned: Planned) => {
    if (!held.has(output.id)) planned.saved.forEach((matrix) => plan.release(matrix));
    inputs.forEach(({ id }, n) => {
      uses.set(id, uses.get(id)! - 1);
      if (uses.get(id) === 0 && !held.has(id)) plan.release(planned.inputs[n]);
    });
  };
}

function named(program: Program, values: Values): Map<string, Matrix> {
  return new Map([...program.outputs].map(([name, { id }]) => [name, values.get(id)!]));
}
