/**
 * Writes ONNX models: a graph under construction and its protobuf encoding.
 *
 * The encoding is sixty lines here because the one npm package for it has been unmaintained for years and has no
 * module that Deno can import; the format (onnx.proto, IR version 8) is frozen for the few messages used.
 *
 * @module
 */

/** A product of named run-time dimensions and constants, for example `["R", "t", 4]`. */
export type Dimension = readonly (string | number)[];

type Attribute = number | { float: number } | string | readonly number[];

/** A node as built: names of values, not yet bytes. */
interface GraphNode {
  type: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Record<string, Attribute>;
}

/** A graph under construction. Values are names; `node` appends an operation and returns the name of its output. */
export class Graph {
  #nodes: GraphNode[] = [];
  #initializers = new Map<string, Uint8Array>();
  #inputs = new Map<string, Uint8Array>();
  #outputs = new Map<string, { value: string; info: Uint8Array }>();
  #constants = new Map<string, string>();
  #count = 0;

  /** @param threads Threads the graph will run with: some operators are only right, or only fast, with one. */
  constructor(readonly threads = 1) {}

  /** Shape tensors the caller feeds at run time: input name to its dimensions. */
  readonly shapes = new Map<string, readonly Dimension[]>();

  /** Names of the graph's outputs, in order. */
  get outputNames(): string[] {
    return [...this.#outputs.keys()];
  }

  /** Declares a graph input of the given rank; dimensions are decided at run time. */
  input(name: string, rank: number, type: "float32" | "int64" = "float32"): string {
    this.#inputs.set(name, valueInfo(name, type, rank));
    return name;
  }

  /** Marks a value as an output, under a name of its own. */
  output(value: string, name: string, rank: number): void {
    this.#outputs.set(name, { value, info: valueInfo(name, "float32", rank) });
  }

  /** Appends a node with one output. Integers in `attributes` are written as INT, `{ float }` as FLOAT. */
  node(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.nodes(type, inputs, 1, attributes)[0];
  }

  /** Appends a node with several outputs. Names ending in `@ms` are in the com.microsoft domain. */
  nodes(type: string, inputs: readonly string[], count: number, attributes: Record<string, Attribute> = {}): string[] {
    const outputs = Array.from({ length: count }, () => `%${this.#count++}`);
    this.#nodes.push({ type, inputs, outputs, attributes });
    return outputs;
  }

  /** A float32 constant. */
  constant(values: readonly number[], shape: readonly number[] = []): string {
    return this.#constant(1, new Uint8Array(Float32Array.from(values).buffer), shape, `f${values}`);
  }

  /** An int64 constant. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(7, new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer), shape, `i${values}`);
  }

  #constant(type: number, raw: Uint8Array, shape: readonly number[], key: string): string {
    key += `:${shape}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const name = `constant:${this.#constants.size}`;
    this.#constants.set(key, name);
    this.#initializers.set(
      name,
      message(...shape.map((n) => integer(1, n)), integer(2, type), text(8, name), bytes(9, raw)),
    );
    return name;
  }

  /** Reshapes to run-time dimensions; where more than one is unknown, they become an int64 input that the caller feeds. */
  reshape(value: string, dimensions: readonly Dimension[]): string {
    const unknown = dimensions.filter((factors) => factors.some((factor) => typeof factor === "string"));
    if (unknown.length !== 1) return this.node("Reshape", [value, this.shape(dimensions)]);
    return this.node("Reshape", [value, this.shape(dimensions.map((d) => d === unknown[0] ? [-1] : d))]);
  }

  /** The shape tensor of run-time dimensions. */
  shape(dimensions: readonly Dimension[]): string {
    if (dimensions.every((d) => d.every((f) => typeof f === "number"))) {
      return this.integers(dimensions.map((d) => (d as number[]).reduce((a, b) => a * b, 1)));
    }
    const name = `shape:${dimensions.map((d) => d.join("*")).join(",")}`;
    if (!this.shapes.has(name)) {
      this.shapes.set(name, dimensions);
      this.input(name, 1, "int64");
    }
    return name;
  }

  /** The model as bytes for an ONNX runtime (opset 17 and com.microsoft 1), with only the nodes its outputs need. */
  encode(): Uint8Array {
    // An output takes over the name of the node's result; a value that is an output twice, or an input, is copied.
    const renamed = new Map<string, string>(), copies: GraphNode[] = [];
    for (const [name, { value }] of this.#outputs) {
      if (renamed.has(value) || this.#inputs.has(value)) {
        copies.push({ type: "Identity", inputs: [value], outputs: [name], attributes: {} });
      } else renamed.set(value, name);
    }
    const needed = new Set([...this.#outputs.values()].map(({ value }) => value)), kept: GraphNode[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      node.inputs.forEach((input) => needed.add(input));
      kept.unshift(node);
    }
    for (const name of this.shapes.keys()) if (!needed.has(name)) this.shapes.delete(name);
    const graph = message(
      ...[...kept, ...copies].map((node) => bytes(1, encodeNode(node, (name) => renamed.get(name) ?? name))),
      text(2, "podium"),
      ...[...this.#initializers].filter(([name]) => needed.has(name)).map(([, tensor]) => bytes(5, tensor)),
      ...[...this.#inputs].filter(([name]) => needed.has(name)).map(([, info]) => bytes(11, info)),
      ...[...this.#outputs.values()].map(({ info }) => bytes(12, info)),
    );
    const opset = (domain: string, version: number) => bytes(8, message(text(1, domain), integer(2, version)));
    return message(integer(1, 8), text(2, "podium"), bytes(7, graph), opset("", 17), opset("com.microsoft", 1));
  }
}

function encodeNode({ type, inputs, outputs, attributes }: GraphNode, nameOf: (value: string) => string): Uint8Array {
  const [name, domain] = type.split("@");
  return message(
    ...inputs.map((input) => text(1, nameOf(input))),
    ...outputs.map((output) => text(2, nameOf(output))),
    text(4, name),
    ...Object.entries(attributes).map(([key, value]) => bytes(5, encodeAttribute(key, value))),
    ...(domain ? [text(7, "com.microsoft")] : []),
  );
}

function valueInfo(name: string, type: "float32" | "int64", rank: number): Uint8Array {
  const shape = message(...Array.from({ length: rank }, (_, i) => bytes(1, message(text(2, `${name}.${i}`)))));
  const tensor = message(integer(1, type === "float32" ? 1 : 7), bytes(2, shape));
  return message(text(1, name), bytes(2, message(bytes(1, tensor))));
}

function encodeAttribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === "number") return message(text(1, name), integer(3, value), integer(20, 2));
  if (typeof value === "string") return message(text(1, name), text(4, value), integer(20, 3));
  if ("float" in value) {
    const raw = new Uint8Array(Float32Array.of(value.float).buffer);
    return message(text(1, name), [(2 << 3) | 5, ...raw], integer(20, 1));
  }
  return message(text(1, name), ...value.map((n) => integer(8, n)), integer(20, 7));
}

function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...out, Number(rest)];
}

function integer(field: number, value: number): number[] {
  return [field << 3, ...varint(value)].flatMap((n, i) => i === 0 ? varint(n) : [n]);
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return message(varint((field << 3) | 2), varint(value.length), value);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

function message(...parts: ArrayLike<number>[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
