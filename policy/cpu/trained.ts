/**
 * What a policy and a critic on the CPU have in common: weights with an accumulated gradient and an optimizer.
 *
 * @module
 */
import type { Start } from "../adapters.ts";
import { createTurns } from "../in_turn.ts";
import type { InTraining } from "../in_training.ts";
import { type Origin, storageOf } from "../storage.ts";
import { arrayOf, putInto, type Weights } from "../weights.ts";
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
  directory: Start & Origin,
  { threads }: CpuOptions,
): Trained {
  const { config } = directory,
    weights = arrayOf(directory.weights),
    count = weights.length,
    storage = storageOf(directory);
  const engine = createEngine(config, weights, threads);
  const gradient = new Float32Array(count), prompts = new Map<string, PromptState>();
  const { firstMoment, secondMoment, step = 0 } = directory.optimizer ?? {};
  const moment = (saved?: Weights) => saved ? arrayOf(saved) : new Float32Array(count);
  const optimizer: Optimizer = { m: moment(firstMoment), v: moment(secondMoment), steps: step };
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
      storage.save(path, weights, withOptimizer ? { optimizer: moments() } : {}),
    checkpoint: (file, { optimizer: withOptimizer = false } = {}) =>
      inTurn(() => storage.checkpoint(file, { weights, ...withOptimizer && { optimizer: moments() } })),
    restore: (file) =>
      inTurn(async () => {
        using state = await storage.restore(file, { weights: count, trained: count });
        const { firstMoment, secondMoment, step = 0 } = state.optimizer ?? {};
        const take = (to: Float32Array, from?: Weights) => {
          if (from) putInto(to, from);
          else to.fill(0);
        };
        take(weights, state.weights);
        take(optimizer.m, firstMoment);
        take(optimizer.v, secondMoment);
        optimizer.steps = step;
        gradient.fill(0);
        prompts.clear();
        engine.weightsChanged();
      }),
    dispose: () => engine.dispose(),
  };
}
