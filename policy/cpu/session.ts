/**
 * Runs a graph with onnxruntime-node on the CPU.
 *
 * One thread per session by default: on small policies more threads only fight over the cores (measured: 249 ms a
 * training step against 140), and cells run side by side instead. Runs are bitwise repeatable.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import type { Dimension, Graph } from "./onnx.ts";

/**
 * Float32 or int64 data with its dimensions, passed by reference, never copied.
 *
 * An object without getters, in place of `ort.Tensor`: the binding reads four properties of every feed in every run,
 * and a decoding step on a small policy has more feeds than it has time for.
 */
export interface Feed {
  readonly type: "float32" | "int64";
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
  readonly location: "cpu";
}

/** A compiled graph. */
export interface Session {
  /**
   * Runs the graph. `sizes` gives the run-time dimensions that the graph's reshapes name; outputs come by name.
   *
   * @throws {Error} from onnxruntime, if a feed is missing or has another rank.
   */
  run(feeds: Record<string, Feed>, sizes: Record<string, number>): Promise<Record<string, Float32Array>>;
  dispose(): Promise<void>;
}

/** Version of the runtime, for records. */
export const runtimeVersion = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`;

/** How a session of so many threads runs on the CPU. */
export function sessionOptions(threads: number): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    extra: {
      session: {
        // Hidden attention scores leave numbers below 2^-126 behind, each of which costs an Intel core a hundred cycles
        // (a GRPO step takes 15 to 25 % longer). From the first session on, the thread's arithmetic takes them for 0,
        // JavaScript's too; files are read and written bit by bit. No digest of a run changed by it.
        set_denormal_as_zero: "1",
        // Idle workers must sleep: a policy has several sessions, and each would keep a core spinning.
        intra_op: { allow_spinning: "0" },
      },
    },
  };
}

/** Compiles a graph, for the number of threads that it was built for. */
export async function openSession(graph: Graph): Promise<Session> {
  const session = await ort.InferenceSession.create(graph.encode(), sessionOptions(graph.threads));
  let shapes = { key: "", feeds: {} as Record<string, Feed> };
  return {
    async run(feeds, sizes) {
      const key = JSON.stringify(sizes);
      if (key !== shapes.key) {
        const tensors = [...graph.shapes].map(([name, dimensions]) => [name, shapeTensor(dimensions, sizes)]);
        shapes = { key, feeds: Object.fromEntries(tensors) };
      }
      const inputs = { ...feeds, ...shapes.feeds } as Record<string, Feed> as Record<string, ort.Tensor>;
      const outputs = await session.run(inputs, graph.outputNames);
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]));
    },
    dispose: () => session.release(),
  };
}

/** Wraps numbers for a run; the array must not be resized while sessions use it. */
export function floats(data: Float32Array, dimensions: readonly number[]): Feed {
  return { type: "float32", data, dims: dimensions, location: "cpu" };
}

/** Token ids, positions or targets: integers from 0 to 2^31 - 1. */
export function ids(data: readonly number[] | Int32Array): Feed {
  // Written as halves of a little-endian integer: a BigInt for each would be an object for each.
  const halves = new Int32Array(2 * data.length);
  for (let i = 0; i < data.length; i++) halves[2 * i] = data[i];
  return int64(new BigInt64Array(halves.buffer));
}

function int64(data: BigInt64Array): Feed {
  return { type: "int64", data, dims: [data.length], location: "cpu" };
}

function shapeTensor(dimensions: readonly Dimension[], sizes: Record<string, number>): Feed {
  const values = dimensions.map((factors) =>
    BigInt(factors.reduce<number>((product, f) => product * (typeof f === "number" ? f : sizes[f]), 1))
  );
  return int64(BigInt64Array.from(values));
}
