/**
 * Lowers a program to ONNX: its forward pass, or forward and backward.
 *
 * @module
 */
import type { Node, Program, Value } from "../model/program.ts";
import type { Lowered } from "../ops/op.ts";
import { Graph } from "./onnx.ts";

/**
 * The graph of the named outputs of a program (default: all). `inner` values are computed too and returned by name, for
 * more nodes to be appended, but are no outputs.
 */
export function lowerForward(
  program: Program,
  names: readonly string[] = [...program.outputs.keys()],
  inner: readonly string[] = [],
): { graph: Graph; values: Record<string, string> } {
  const graph = new Graph(), { values } = forward(graph, program, [...names, ...inner]);
  const nameOf = (output: string) => values.get(program.outputs.get(output)!.id)!;
  for (const name of names) graph.output(nameOf(name), name, program.outputs.get(name)!.rank);
  return { graph, values: Object.fromEntries(inner.map((name) => [name, nameOf(name)])) };
}

/**
 * The graph of the gradients of `Σ derivative · output` over the named outputs: one output `gradient:NAME` per weight
 * and variable. The derivatives are fed as `derivative:OUTPUT`.
 */
export function lowerBackward(program: Program, names: readonly string[]): Graph {
  const graph = new Graph(), { nodes, lowered } = forward(graph, program, names);
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
  for (const leaf of program.leaves.values()) {
    const gradient = gradients.get(leaf.id);
    if (leaf.trained && gradient) graph.output(gradient, `gradient:${leaf.name}`, leaf.rank);
  }
  return graph;
}

/** Lowers the nodes that the outputs need, and no others: ORT runs whatever stands in the graph. */
function forward(graph: Graph, program: Program, names: readonly string[]) {
  const needed = new Set(names.map((name) => program.outputs.get(name)!.id));
  for (const node of program.nodes.toReversed()) {
    if (needed.has(node.output.id)) node.inputs.forEach((input) => needed.add(input.id));
  }
  const values = new Map<number, string>(), lowered: Lowered[] = [], nodes: Node[] = [];
  for (const leaf of program.leaves.values()) {
    if (needed.has(leaf.id)) values.set(leaf.id, graph.input(leaf.name, leaf.rank, leaf.type));
  }
  for (const node of program.nodes.filter(({ output }) => needed.has(output.id))) {
    const inputs = node.inputs.map((input) => values.get(input.id)!);
    const result = node.op.lower(graph, inputs, node.attributes);
    values.set(node.output.id, result.output);
    lowered.push({ inputs, output: result.output, saved: result.saved ?? [] });
    nodes.push(node);
  }
  return { values, nodes, lowered };
}
