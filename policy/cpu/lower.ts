/**
 * Lowers a program to ONNX: its forward pass, or forward and backward.
 *
 * @module
 */
import type { Program, Value } from "../model/program.ts";
import type { Lowered } from "../ops/op.ts";
import { Graph } from "./onnx.ts";

/** The graph of a program's outputs. */
export function lowerForward(program: Program, threads = 1): Graph {
  const graph = new Graph(threads), { values } = forward(graph, program);
  for (const [name, value] of program.outputs) graph.output(values.get(value.id)!, name, value.rank);
  return graph;
}

/**
 * The graph of the gradients of `Σ derivative · output` over the named outputs: one output `gradient:NAME` per weight
 * and variable. The derivatives are fed as `derivative:OUTPUT`. The outputs in `kept` are returned too.
 */
export function lowerBackward(
  program: Program,
  names: readonly string[],
  threads = 1,
  kept: readonly string[] = [],
): Graph {
  const graph = new Graph(threads), { nodes } = program, { values, lowered } = forward(graph, program);
  const gradients = new Map<number, string>();
  const add = (value: Value, part: string) => {
    const sum = gradients.get(value.id);
    gradients.set(value.id, sum ? graph.node("Add", [sum, part]) : part);
  };
  for (const name of names) {
    const value = program.outputs.get(name)!;
    add(value, graph.input(`derivative:${name}`, value.rank));
  }
  for (let n = nodes.length - 1; n >= 0; n--) {
    const { op, inputs, output, attributes } = nodes[n], incoming = gradients.get(output.id);
    if (!incoming || !op.lowerBackward) continue;
    const wanted = inputs.map((input) => input.trained);
    op.lowerBackward(graph, lowered[n], incoming, attributes, wanted).forEach((part, i) => {
      if (part && wanted[i]) add(inputs[i], part);
    });
  }
  for (const name of kept) {
    const value = program.outputs.get(name)!;
    graph.output(values.get(value.id)!, name, value.rank);
  }
  for (const leaf of program.leaves.values()) {
    const gradient = gradients.get(leaf.id);
    if (leaf.trained && gradient) graph.output(gradient, `gradient:${leaf.name}`, leaf.rank);
  }
  return graph;
}

function forward(graph: Graph, program: Program): { values: Map<number, string>; lowered: Lowered[] } {
  const values = new Map<number, string>();
  for (const leaf of program.leaves.values()) values.set(leaf.id, graph.input(leaf.name, leaf.rank, leaf.type));
  const lowered = program.nodes.map(({ op, inputs, output, attributes }): Lowered => {
    if (!op.lower) throw new Error(`${op.name} has no lowering to ONNX.`);
    const names = inputs.map((input) => values.get(input.id)!), result = op.lower(graph, names, attributes);
    values.set(output.id, result.output);
    return { inputs: names, output: result.output, saved: result.saved ?? [] };
  });
  return { values, lowered };
}
