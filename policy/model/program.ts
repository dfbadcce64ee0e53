/**
 * A model as data: the list of operations that a composition applied, and what runs over that list — the float64
 * reference here, the lowering to ONNX in `policy/cpu`, the lowering to WGSL in `policy/webgpu`.
 *
 * @module
 */
import type { Op, Tensor } from "../ops/op.ts";

/** A value of a program: a weight, an input, or the output of a node. */
export interface Value {
  readonly id: number;
  readonly kind: "weight" | "input" | "node";
  /** Name of the weight or input. */
  readonly name: string;
  /** For inputs and weights: number of dimensions, and `int64` for ids. */
  readonly rank: number;
  readonly type: "float32" | "int64";
  /** True if a trained weight is reached from here, so that a gradient is worth computing. */
  readonly trained: boolean;
}

/** One application of an operation. */
export interface Node {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly attributes: unknown;
}

/** Records a composition of operations. */
export class Program {
  readonly nodes: Node[] = [];
  readonly leaves = new Map<string, Value>();
  readonly outputs = new Map<string, Value>();
  /** Ids of the values that a backward may build on when it computes the rest again; see {@linkcode keep}. */
  readonly kept = new Set<number>();
  readonly #trained: (weight: string) => boolean;
  #count = 0;

  /** A program without nodes. `trained` says which weights get a gradient. Default: all. */
  constructor(trained: (weight: string) => boolean = () => true) {
    this.#trained = trained;
  }

  /** A parameter, by its Hugging Face name. */
  weight(name: string, rank: number): Value {
    return this.#leaf({ kind: "weight", name, rank, type: "float32", trained: this.#trained(name) });
  }

  /** Something the caller feeds at each run. */
  input(name: string, rank: number, type: "float32" | "int64" = "float32"): Value {
    return this.#leaf({ kind: "input", name, rank, type, trained: false });
  }

  /** An input that wants a gradient, like a weight. */
  variable(name: string, rank: number): Value {
    return this.#leaf({ kind: "input", name, rank, type: "float32", trained: true });
  }

  #leaf(leaf: Omit<Value, "id">): Value {
    const known = this.leaves.get(leaf.name);
    if (known) return known;
    const value = { id: this.#count++, ...leaf };
    this.leaves.set(leaf.name, value);
    return value;
  }

  /** Applies an operation. */
  apply<A>(op: Op<A>, inputs: readonly Value[], attributes: A, rank = 2): Value {
    const trained = op.backward !== undefined && inputs.some((input) => input.trained);
    const output: Value = { id: this.#count++, kind: "node", name: op.name, rank, type: "float32", trained };
    this.nodes.push({ op, inputs, output, attributes });
    return output;
  }

  /**
   * Marks all that the nodes so far hand on to those that follow. Where memory is short, values between two marks are
   * forgotten and computed again when the backward comes to them.
   */
  keep(value: Value): void {
    this.kept.add(value.id);
  }

  /** Names a value as an output. */
  output(name: string, value: Value): void {
    this.outputs.set(name, value);
  }
}

/** Runs a program in float64. `feeds` holds every weight and input by name. Returns all values by id. */
export function evaluate(program: Program, feeds: Record<string, Tensor>): Map<number, Tensor> {
  const values = new Map<number, Tensor>();
  for (const leaf of program.leaves.values()) {
    if (!feeds[leaf.name]) throw new Error(`The program needs "${leaf.name}", which was not fed.`);
    values.set(leaf.id, feeds[leaf.name]);
  }
  for (const { op, inputs, output, attributes } of program.nodes) {
    values.set(output.id, op.forward(inputs.map((input) => values.get(input.id)!), attributes));
  }
  return values;
}

/** Gradients of every weight and variable of `Σ gradient · output` over the named outputs, given the values of a run. */
export function differentiate(
  program: Program,
  values: Map<number, Tensor>,
  seeds: Record<string, Tensor>,
): Map<string, Tensor> {
  const gradients = new Map<number, Tensor>();
  const add = (id: number, part: Tensor) => {
    const sum = gradients.get(id);
    gradients.set(id, sum ? { shape: part.shape, data: sum.data.map((value, i) => value + part.data[i]) } : part);
  };
  for (const [name, seed] of Object.entries(seeds)) add(program.outputs.get(name)!.id, seed);
  for (const node of program.nodes.toReversed()) {
    const incoming = gradients.get(node.output.id);
    if (!incoming || !node.op.backward) continue;
    const inputs = node.inputs.map((input) => values.get(input.id)!);
    node.op.backward(inputs, values.get(node.output.id)!, incoming, node.attributes).forEach((part, i) => {
      if (part && node.inputs[i].trained) add(node.inputs[i].id, part);
    });
  }
  const trained = [...program.leaves.values()].filter((leaf) => leaf.trained);
  return new Map(trained.flatMap(({ id, name }) => gradients.has(id) ? [[name, gradients.get(id)!]] : []));
}
