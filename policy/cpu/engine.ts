/**
 * What every part of the CPU policy shares: the shape of the model, its weights as views of one flat buffer, and
 * sessions that are compiled when first used.
 *
 * @module
 */
import { lowerBackward, lowerForward } from "./lower.ts";
import { decodingProgram, headOutputs, promptProgram, responseProgram } from "../model/decoder.ts";
import { type ModelConfig, parameterSlots } from "../model/config.ts";
import type { Program } from "../model/program.ts";
import { rotationTables } from "../ops/rope.ts";
import { lowerAdamw } from "../ops/adamw.ts";
import { Graph } from "./onnx.ts";
import { type Feed, floats, openSession, type Session } from "./session.ts";

/** The graphs of a policy. */
export type GraphName =
  | "prompt"
  | "response"
  | "prompt_backward"
  | "response_backward"
  | "decode"
  | "adamw";

/** A model on the CPU. */
export interface Engine {
  readonly config: ModelConfig;
  /** All weights, in the order of `parameterSlots`. Updated in place; sessions see the change. */
  readonly weights: Float32Array;
  /** Runs a graph; weights and rotation tables are fed here, everything else by the caller. */
  run(
    name: GraphName,
    feeds: Record<string, Feed>,
    sizes: Record<string, number>,
  ): Promise<Record<string, Float32Array>>;
  /** A buffer of at least `length` numbers, whatever they are, kept under a name: fresh memory costs more than its use. */
  buffer(name: string, length: number): Float32Array;
  /** Must be called after `weights` changed: products of weights are kept between runs. */
  weightsChanged(): void;
  dispose(): Promise<void>;
}

/** Wraps a flat buffer of weights as an engine. */
export function createEngine(config: ModelConfig, weights: Float32Array, threads = 1): Engine {
  const weightFeeds = new Map<string, Feed>();
  for (const { name, shape, offset, length } of parameterSlots(config).values()) {
    weightFeeds.set(name, floats(weights.subarray(offset, offset + length), shape));
  }
  const folded = new Map<string, Feed>();
  const weightFeed = (leaf: string): Feed => {
    const known = weightFeeds.get(leaf) ?? folded.get(leaf);
    if (known) return known;
    const [matrix, scale] = leaf.split(" * ").map((name) => weightFeeds.get(name)!);
    const product = floats(fold(matrix.data as Float32Array, scale.data as Float32Array), matrix.dims);
    folded.set(leaf, product);
    return product;
  };
  let tables = { length: 0, feeds: {} as Record<string, Feed> };
  const rotation = (length: number) => {
    if (length > tables.length) {
      const size = Math.max(256, 2 ** Math.ceil(Math.log2(length)));
      const { cosine, sine } = rotationTables(size, config);
      const shape = [size, config.headSize / 2];
      tables = { length: size, feeds: { cosine: floats(cosine, shape), sine: floats(sine, shape) } };
    }
    return tables.feeds;
  };
  const buffers = new Map<string, Float32Array>();
  const sessions = new Map<GraphName, Promise<{ session: Session; fixed: string[] }>>();
  const compile = async (name: GraphName) => {
    const { graph, program } = build(config, name, threads);
    const fixed = [...program?.leaves.keys() ?? []].filter((leaf) => weightFeeds.has(leaf.split(" * ")[0]));
    return { session: await openSession(graph), fixed };
  };
  return {
    config,
    weights,
    async run(name, feeds, sizes) {
      if (!sessions.has(name)) sessions.set(name, compile(name));
      const { session, fixed } = await sessions.get(name)!;
      const all: Record<string, Feed> = name === "adamw" ? { ...feeds } : { ...feeds, ...rotation(sizes.positions) };
      for (const weight of fixed) all[weight] = weightFeed(weight);
      return session.run(all, sizes);
    },
    buffer(name, length) {
      const known = buffers.get(name);
      if (known && known.length >= length) return known.subarray(0, length);
      const fresh = new Float32Array(length);
      buffers.set(name, fresh);
      return fresh;
    },
    weightsChanged: () => folded.clear(),
    async dispose() {
      for (const opened of sessions.values()) await (await opened).session.dispose();
      sessions.clear();
      buffers.clear();
    },
  };
}

/** A matrix [out, in] with each column multiplied by a number, in float32. */
function fold(matrix: Float32Array, scale: Float32Array): Float32Array {
  const out = new Float32Array(matrix.length), width = scale.length;
  for (let start = 0; start < out.length; start += width) {
    for (let c = 0; c < width; c++) out[start + c] = matrix[start + c] * scale[c];
  }
  return out;
}

function build(config: ModelConfig, name: GraphName, threads: number): { graph: Graph; program?: Program } {
  if (name === "adamw") {
    const graph = new Graph(threads);
    lowerAdamw(graph);
    return { graph };
  }
  const forward = (program: Program) => ({ graph: lowerForward(program, threads), program });
  const backward = (program: Program, outputs: string[], kept: string[] = []) => ({
    graph: lowerBackward(program, outputs, threads, kept),
    program,
  });
  switch (name) {
    case "prompt":
      return forward(promptProgram(config));
    case "response":
      return forward(responseProgram(config));
    case "decode":
      return forward(decodingProgram(config));
    case "response_backward": {
      const outputs = headOutputs(config);
      return backward(responseProgram(config), [outputs[0]], [...outputs]);
    }
    case "prompt_backward": {
      const program = promptProgram(config);
      return backward(program, [...program.outputs.keys()]);
    }
  }
}
