/**
 * What a policy and a critic on the CPU have in common: weights with an accumulated gradient and an optimizer.
 *
 * @module
 */
import type { Start } from "../adapters.ts";
import type { PolicyDirectory } from "../directory.ts";
import { createTurns } from "../in_turn.ts";
import type { InTraining } from "../in_training.ts";
import { storageOf } from "../storage.ts";
import { arrayOf } from "../weights.ts";
import { createEngine, type Engine } from "./engine.ts";
import { type Optimizer, stepOptimizer } from "./optimizer.ts";
import type { PromptState } from "./prompts.ts";

/** Settings of a model on the CPU. */
export interface CpuOptions {
  /** Threads per session. Default 1: cells run side by side instead. */
  threads?: number;
}

/** Weights in training. */
export interface Trained extends InTraining {
  readonly engine: Engine;
  /** Keys and values of prompts seen with the present weights. */
  readonly prompts: Map<string, PromptState>;
  /** The accumulated gradient, in the order of the weights. */
  readonly gradient: Float32Array;
}

/** Weights in training from what a directory holds. */
export function createTrained(
  directory: Start & Pick<PolicyDirectory, "stopTokens" | "companions">,
  { threads }: CpuOptions,
): Trained {
  const { config } = directory,
    weights = arrayOf(directory.weights),
    count = weights.length,
    storage = storageOf(directory);
  const engine = createEngine(config, weights, threads);
  const gradient = new Float32Array(count), prompts = new Map<string, PromptState>();
  const optimizer: Optimizer = {
    m: directory.optimizer?.firstMoment ?? new Float32Array(count),
    v: directory.optimizer?.secondMoment ?? new Float32Array(count),
    steps: directory.optimizer?.step ?? 0,
  };
  const inTurn = createTurns();
  const moments = () => ({ firstMoment: optimizer.m, secondMoment: optimizer.v, step: optimizer.steps });
  return {
    engine,
    prompts,
    gradient,
    inTurn,
    discardGradient: () => void gradient.fill(0),
    step: (options) =>
      inTurn(async () => {
        const norm = await stepOptimizer(engine, optimizer, gradient, options);
        prompts.clear();
        return { norm };
      }),
    digest: () => inTurn(() => storage.digest([weights, optimizer.m, optimizer.v], optimizer.steps)),
    save: (path, { optimizer: withOptimizer = false } = {}) =>
      storage.save(path, weights, withOptimizer ? { optimizer: moments() } : undefined),
    checkpoint: (file, { optimizer: withOptimizer = false } = {}) =>
      inTurn(() => {
        storage.checkpoint(file, { weights, ...withOptimizer && { optimizer: moments() } });
        return Promise.resolve();
      }),
    restore: (file) =>
      inTurn(async () => {
        const { weights: found, optimizer: { firstMoment, secondMoment, step } } = await storage.restore(file, {
          weights: count,
          trained: count,
        });
        weights.set(found);
        Object.assign(optimizer, { m: firstMoment, v: secondMoment, steps: step });
        gradient.fill(0);
        prompts.clear();
        engine.weightsChanged();
      }),
    dispose: () => engine.dispose(),
  };
}
