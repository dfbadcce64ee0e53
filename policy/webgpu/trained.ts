/**
 * What a policy and a critic on the GPU have in common: weights, gradient and optimizer that stay there.
 *
 * @module
 */
import type { PolicyDirectory } from "../directory.ts";
import { createTurns } from "../in_turn.ts";
import type { ComputeDevice, StepOptions } from "../policy.ts";
import type { Storage } from "../storage.ts";
import type { Gpu } from "./device.ts";
import { createEngine, type Engine } from "./engine.ts";
import { createOptimizer } from "./optimizer.ts";

/** What a back end on the GPU is given. */
export interface WebgpuOptions {
  /** An open device; it stays open when the policy is disposed of. */
  gpu: Gpu;
  /** What the record says of it. */
  device: ComputeDevice;
  /** Digest and files. */
  storage: Storage;
}

/** Weights in training. */
export interface Trained {
  readonly engine: Engine;
  readonly parameterCount: number;
  /** Runs work after what was asked for before: buffers and gradient are shared. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  discardGradient(): void;
  step(options: StepOptions): Promise<{ norm: number }>;
  digest(): Promise<string>;
  save(path: string, options?: { optimizer?: boolean }): Promise<void>;
  checkpoint(file: string, options?: { optimizer?: boolean }): Promise<void>;
  restore(file: string): Promise<void>;
  dispose(): Promise<void>;
}

/** Weights in training from what a directory holds. */
export function createTrained(
  { config, weights, optimizer: saved }: Pick<PolicyDirectory, "config" | "weights" | "optimizer">,
  { gpu, storage }: Pick<WebgpuOptions, "gpu" | "storage">,
): Trained {
  const engine = createEngine(gpu, config, weights), { parameters } = engine, inTurn = createTurns();
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
  return {
    engine,
    parameterCount: weights.length,
    inTurn,
    discardGradient: () => parameters.clear("gradient"),
    step: (options) => inTurn(async () => ({ norm: await optimizer.step(options) })),
    digest: () =>
      inTurn(async () => storage.digest({ weights: await parameters.read("weights"), optimizer: await moments() })),
    save: (path, { optimizer: withOptimizer = false } = {}) =>
      inTurn(async () =>
        storage.save(path, await parameters.read("weights"), withOptimizer ? await moments() : undefined)
      ),
    checkpoint: (file, { optimizer: withOptimizer = false } = {}) =>
      inTurn(async () => {
        const weights = await parameters.read("weights");
        storage.checkpoint(file, { weights, ...withOptimizer && { optimizer: await moments() } });
      }),
    restore: (file) =>
      inTurn(async () => {
        const { weights, optimizer: { firstMoment, secondMoment, step } } = await storage.restore(file);
        parameters.write("weights", weights);
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
