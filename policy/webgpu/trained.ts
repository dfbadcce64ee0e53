/**
 * What a policy and a critic on the GPU have in common: weights, gradient and optimizer that stay there.
 *
 * @module
 */
import type { Start } from "../adapters.ts";
import { createTurns } from "../in_turn.ts";
import type { InTraining } from "../in_training.ts";
import { merger } from "../merging.ts";
import type { ComputeDevice } from "../policy.ts";
import type { Storage } from "../storage.ts";
import { type Flow, piecesOf, type Weights } from "../weights.ts";
import type { Gpu } from "./device.ts";
import { createEngine, type Engine } from "./engine.ts";
import { createOptimizer } from "./optimizer.ts";
import type { Kind } from "./parameters.ts";
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
  const take = (kind: Kind, numbers?: Weights) => {
    if (!numbers) return parameters.clear(kind);
    for (const { offset, numbers: part } of piecesOf(numbers)) parameters.write(kind, part, offset);
  };
  if (saved) {
    take("m", saved.firstMoment);
    take("v", saved.secondMoment);
  }
  const optimizer = createOptimizer(engine, saved?.step), { lora } = config, { trained } = parameters;
  const moments = () => ({
    firstMoment: { length: trained, parts: parameters.inOrder("m") },
    secondMoment: { length: trained, parts: parameters.inOrder("v") },
    step: optimizer.steps,
  });
  async function* numbers() {
    for (const kind of ["weights", "m", "v"] as const) yield* parameters.inOrder(kind);
  }
  /** All weights, as they are held. */
  const held = (): Flow => ({ length: weights.length, parts: parameters.inOrder("weights") });
  const own = lora ? weights.length - trained : weights.length;
  /** Those of a model without adapters, and the adapters that are merged into them. */
  const merged = async (): Promise<{ flow: Flow; added?: Float32Array }> => {
    if (!lora) return { flow: held() };
    const added = await parameters.read("weights", own), merge = merger({ ...config, lora }, added);
    const parts = async function* () {
      let offset = 0;
      for await (const part of parameters.inOrder("weights", 0, own)) {
        merge(part, offset);
        offset += part.length;
        yield part;
      }
    };
    return { flow: { length: own, parts: parts() }, added };
  };
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
        const { flow, added } = await merged(), optimizer = withOptimizer ? moments() : undefined;
        if (!lora || !added) return storage.save(path, flow, { optimizer });
        const resume = optimizer && { weights: held(), optimizer };
        return storage.save(path, flow, { adapters: { lora, weights: added, resume } });
      }),
    checkpoint: (file, { optimizer: withOptimizer = false } = {}) =>
      inTurn(async () =>
        storage.checkpoint(
          file,
          withOptimizer ? { weights: held(), optimizer: moments() } : { weights: (await merged()).flow },
        )
      ),
    restore: (file) =>
      inTurn(async () => {
        using state = await storage.restore(file, { weights: weights.length, trained });
        take("weights", state.weights);
        take("m", state.optimizer?.firstMoment);
        take("v", state.optimizer?.secondMoment);
        parameters.clear("gradient");
        optimizer.steps = state.optimizer?.step ?? 0;
      }),
    dispose: () =>
      inTurn(() => {
        optimizer.dispose();
        engine.dispose();
        return Promise.resolve();
      }),
  };
}
