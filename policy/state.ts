/**
 * What training changes in a model, in one safetensors file: the weights as the engine holds them, and the optimizer's
 * state. It is what a checkpoint needs after every step; what else a model is, its directory says (`directory.ts`).
 *
 * @module
 */
import { openSafetensors, overwriteSafetensors, type TensorReader, type TensorToWrite } from "./safetensors.ts";

/** AdamW's state, as resuming needs it. */
export interface OptimizerState {
  /** Running mean of the gradient, in the order of the weights. */
  firstMoment: Float32Array;
  /** Running mean of the squared gradient, in the order of the weights. */
  secondMoment: Float32Array;
  /** Optimizer steps taken. */
  step: number;
}

/** What training changes. */
export interface TrainingState {
  /** All weights in the order of `parameterShapes`. */
  weights: Float32Array;
  /** The optimizer's state, of the weights that are trained; absent: training starts anew. */
  optimizer?: OptimizerState;
}

/**
 * Writes a state over what `path` holds, in place: no file is made or removed, which costs more than the bytes. A kill
 * leaves a mixture of both states, so the one to go on from must be another file.
 *
 * @throws {Error} One sentence naming the file, if it cannot be written.
 */
export function writeState(path: string, { weights, optimizer }: TrainingState): void {
  overwriteSafetensors(path, [
    { name: "weights", shape: [weights.length], data: weights },
    ...optimizer ? optimizerTensors(optimizer) : [],
  ]);
}

/** How many weights a model has, and how many of them are trained. */
export interface StateSize {
  weights: number;
  trained: number;
}

/**
 * Reads the state of a model.
 *
 * @throws {Error} One sentence naming the file, if it is missing, damaged, or of a model of another size.
 */
export async function readState(path: string, size: StateSize): Promise<TrainingState> {
  using reader = await openSafetensors(path);
  const weights = readVector(reader, path, "weights", size.weights);
  if (!reader.tensors.has("step")) return { weights };
  return { weights, optimizer: optimizerIn(reader, path, size.trained) };
}

/** The optimizer's state of `count` trained weights, from an open file. */
export function optimizerIn(reader: TensorReader, path: string, count: number): OptimizerState {
  const firstMoment = readVector(reader, path, "first_moment", count);
  const secondMoment = readVector(reader, path, "second_moment", count);
  const [step] = reader.readIntegers("step");
  return { firstMoment, secondMoment, step };
}

/** The optimizer's state as tensors. */
export function optimizerTensors({ firstMoment, secondMoment, step }: OptimizerState): TensorToWrite[] {
  return [
    { name: "first_moment", shape: [firstMoment.length], data: firstMoment },
    { name: "second_moment", shape: [secondMoment.length], data: secondMoment },
    { name: "step", shape: [1], data: BigInt64Array.of(BigInt(step)) },
  ];
}

function readVector(reader: TensorReader, path: string, name: string, count: number): Float32Array {
  const length = reader.tensors.get(name)?.length;
  if (length !== undefined && length !== count) {
    throw new Error(`${path}: ${name} has ${length} elements, the model ${count} weights.`);
  }
  return reader.read(name);
}
