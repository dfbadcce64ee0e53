/**
 * What a policy and a critic on the GPU have in common: weights, gradient and optimizer that stay there.
 *
 * @module
 */
import { mergedWeights, type Start } from "../adapters.ts";
import { createTurns } from "../in_turn.ts";
import type { InTraining } from "../in_training.ts";
import type { ComputeDevice } from "../policy.ts";
import type { Storage } from "../storage.ts";
import type { Gpu } from "./device.ts";
import { createEngine, type Engine } from "./engine.ts";
import { createOptimizer } from "./optimizer.ts";
import type { Room, RunSizes } from "./sizes.ts";

/** What a back end on the GPU is given. */
export interface WebgpuOptions {
  /** An open device; it stays open when the policy is disposed of. */
  gpu: Gpu;
  /** What the record says of it. */
  device: ComputeDevice;
  /** Digest and files. */
  storage: Storage;
  /** Whether training computes the values within a layer twice, to need less memory. Default false. */
  recompute?: boolean;
  /** Whether nothing is trained, so that gradient and moments take no memory. Default false. */
  frozen?: boolean;
  /** The most that is computed at once. Default: the most that can be. */
  sizes?: Partial<RunSizes>;
  /** What is made room for from the start. Default: nothing. */
  room?: Room;
}

/** Weights in training. */
export interface Trained extends InTraining {
  readonly engine: Engine;
  readonly parameterCount: number;
}

/** Refuses to train what was opened frozen. */
export function requireTrainable(frozen?: boolean): void {
  if (frozen) throw new Error("The policy was opened frozen; open it without frozen to train it.");
}

/**
 * Weights in training. Adapters are merged into the weights that are saved, and into a checkpoint without optimizer, which
 * a model without adapters may go on from; to resume, both are kept.
 */
export function createTrained(
  { config, weights, optimizer: saved }: Start,
  { gpu, storage, recompute, frozen, sizes, room }: Omit<WebgpuOptions, "device">,
): Trained {
  const engine = createEngine(gpu, config, weights, { recompute, frozen, sizes, room });
  const { parameters } = engine, inTurn = createTurns();
  if (saved) {
    parameters.write("m", saved.firstMoment);
    parameters.write("v", saved.secondMoment);
  }
  const optimizer = createOptimizer(engine, saved?.step);
  const moments = async () => ({
    firstMoment: await parameters.read("m"),
    secondMoment: await parameters.read("v"),
    step: optimizer.steps,
  });
  async function* numbers() {
    for (const kind of ["weights", "m", "v"] as const) yield* parameters.inOrder(kind);
  }
  const merged = (all: Float32Array) => config.lora ? mergedWeights({ ...config, lora: config.lora }, all) : all;
  return {
    engine,
    parameterCount: parameters.trained,
    inTurn,
    discardGradient: () => parameters.clear("gradient"),
    step(options) {
      requireTrainable(frozen);
      return inTurn(async () => ({ norm: await optimizer.step(options) }));
    },
    digest: () => inTurn(() => storage.digest(numbers(), optimizer.steps)),
    save: (path, { optimizer: withOptimizer = false } = {}) =>
      inTurn(async () => {
        const all = await parameters.read("weights"), optimizer = withOptimizer && await moments(), { lora } = config;
        if (!lora || !optimizer) return storage.save(path, merged(all), optimizer ? { optimizer } : undefined);
        return storage.save(path, merged(all), { adapters: { lora, weights: all, optimizer } });
      }),
    checkpoint: (file, { optimizer: withOptimizer = false } = {}) =>
      inTurn(async () => {
        const all = await parameters.read("weights");
        storage.checkpoint(
          file,
          withOptimizer ? { weights: all, optimizer: await moments() } : { weights: merged(all) },
        );
      }),
    restore: (file) =>
      inTurn(async () => {
        const size = { weights: weights.length, trained: parameters.trained };
        const { weights: found, optimizer: { firstMoment, secondMoment, step } } = await storage.restore(file, size);
        parameters.write("weights", found);
        parameters.write("m", firstMoment);
        parameters.write("v", secondMoment);
        parameters.clear("gradient");
        optimizer.steps = step;
      }),
    dispose: () =>
      inTurn(() => {
        optimizer.dispose();
        engine.dispose();
        return Promise.resolve();
      }),
  };
}
