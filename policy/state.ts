/**
 * What training changes in a model, in one safetensors file: the weights as the engine holds them, and the optimizer's
 * state. It is what a checkpoint needs after every step; what else a model is, its directory says (`directory.ts`).
 *
 * @module
 */
import { openSafetensors, overwriteSafetensors, type TensorReader, type TensorToCome } from "./safetensors.ts";
import { type Flow, flowOf, type WeightStream } from "./weights.ts";

/** AdamW's state, as resuming needs it: its numbers as they are held, read or written. */
export interface OptimizerState<Numbers = Float32Array> {
  /** Running mean of the gradient, in the order of the weights. */
  firstMoment: Numbers;
  /** Running mean of the squared gradient, in the order of the weights. */
  secondMoment: Numbers;
  /** Optimizer steps taken. */
  step: number;
}

/** What training changes. */
export interface TrainingState<Numbers = Float32Array> {
  /** All weights in the order of `parameterShapes`. */
  weights: Numbers;
  /** The optimizer's state, of the weights that are trained; absent: training starts anew. */
  optimizer?: OptimizerState<Numbers>;
}

/** Numbers to write: in an array, or read while they are written. */
export type Written = Float32Array | Flow;

/**
 * Writes a state over what `path` holds, in place: no file is made or removed, which costs more than the bytes. A kill
 * leaves a mixture of both states, so the one to go on from must be another file.
 *
 * @throws {Error} One sentence naming the file, if it cannot be written.
 */
export async function writeState(path: string, { weights, optimizer }: TrainingState<Written>): Promise<void> {
  const flow = flowOf(weights), state = optimizer && optimizerTensors(optimizer);
  await overwriteSafetensors(
    path,
    [{ name: "weights", dtype: "F32", shape: [flow.length] }, ...state?.tensors ?? []],
    async function* () {
      yield* flow.parts;
      if (state) yield* state.data();
    }(),
  );
}

/** How many weights a model has, and how many of them are trained. */
export interface StateSize {
  weights: number;
  trained: number;
}

/**
 * Opens the state of a model, to read its numbers when they are taken. Close it, by `using`.
 *
 * @throws {Error} One sentence naming the file, if it is missing, damaged, or of a model of another size.
 */
export async function openState(path: string, size: StateSize): Promise<TrainingState<WeightStream> & Disposable> {
  const reader = await openSafetensors(path), close = { [Symbol.dispose]: () => reader.close() };
  try {
    const weights = vectorIn(reader, path, "weights", size.weights);
    if (!reader.tensors.has("step")) return { weights, ...close };
    return { weights, optimizer: optimizerIn(reader, path, size.trained), ...close };
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** The optimizer's state of `count` trained weights, read from an open file when it is taken. */
export function optimizerIn(reader: TensorReader, path: string, count: number): OptimizerState<WeightStream> {
  const firstMoment = vectorIn(reader, path, "first_moment", count);
  const secondMoment = vectorIn(reader, path, "second_moment", count);
  const [step] = reader.readIntegers("step");
  return { firstMoment, secondMoment, step };
}

/** The optimizer's state as tensors. */
export function optimizerTensors(
  { firstMoment, secondMoment, step }: OptimizerState<Written>,
): { tensors: TensorToCome[]; data(): AsyncGenerator<Float32Array | BigInt64Array> } {
  const moments = [flowOf(firstMoment), flowOf(secondMoment)];
  return {
    tensors: [
      { name: "first_moment", dtype: "F32", shape: [moments[0].length] },
      { name: "second_moment", dtype: "F32", shape: [moments[1].length] },
      { name: "step", dtype: "I64", shape: [1] },
    ],
    async *data() {
      for (const { parts } of moments) yield* parts;
      yield BigInt64Array.of(BigInt(step));
    },
  };
}

function vectorIn(reader: TensorReader, path: string, name: string, count: number): WeightStream {
  const length = reader.tensors.get(name)?.length;
  if (length === undefined) throw new Error(`${path}: it has no tensor ${name}.`);
  if (length !== count) throw new Error(`${path}: ${name} has ${length} elements, the model ${count} weights.`);
  return {
    length,
    *pieces() {
      let offset = 0;
      for (const numbers of reader.pieces(name)) {
        yield { offset, numbers };
        offset += numbers.length;
      }
    },
    into: (all) => void reader.read(name, all),
  };
}
