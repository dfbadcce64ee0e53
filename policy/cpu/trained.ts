/**
 * What a policy and a critic on the CPU have in common: weights with an accumulated gradient and an optimizer.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type PolicyDirectory, writeDirectory } from "../directory.ts";
import type { StepOptions } from "../policy.ts";
import { readState, writeState } from "../state.ts";
import { createEngine, type Engine } from "./engine.ts";
import { type Optimizer, stepOptimizer } from "./optimizer.ts";
import type { PromptState } from "./prompts.ts";

/** Settings of a model on the CPU. */
export interface CpuOptions {
  /** Threads per session. Default 1: cells run side by side instead. */
  threads?: number;
}

/** Weights in training. */
export interface Trained {
  readonly engine: Engine;
  /** Keys and values of prompts seen with the present weights. */
  readonly prompts: Map<string, PromptState>;
  /** The accumulated gradient, in the order of the weights. */
  readonly gradient: Float32Array;
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
export function createTrained(directory: PolicyDirectory, { threads }: CpuOptions): Trained {
  const { config, weights, stopTokens } = directory, count = weights.length;
  const engine = createEngine(config, weights, threads);
  const gradient = new Float32Array(count), prompts = new Map<string, PromptState>();
  const optimizer: Optimizer = {
    m: directory.optimizer?.firstMoment ?? new Float32Array(count),
    v: directory.optimizer?.secondMoment ?? new Float32Array(count),
    steps: directory.optimizer?.step ?? 0,
  };
  const stateOf = ({ m, v, steps }: Optimizer) => ({ firstMoment: m, secondMoment: v, step: steps });
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
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
    digest() {
      const hash = createHash("sha256");
      for (const part of [weights, optimizer.m, optimizer.v]) {
        hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      }
      return Promise.resolve(hash.update(`${optimizer.steps}`).digest("hex"));
    },
    save: (path, { optimizer: withOptimizer = false } = {}) =>
      writeDirectory(path, {
        config,
        weights,
        stopTokens,
        files: directory.companions,
        optimizer: withOptimizer ? stateOf(optimizer) : undefined,
      }),
    checkpoint: (file, { optimizer: withOptimizer = false } = {}) =>
      inTurn(() => {
        writeState(file, { weights, optimizer: withOptimizer ? stateOf(optimizer) : undefined });
        return Promise.resolve();
      }),
    restore: (file) =>
      inTurn(async () => {
        const state = await readState(file, count);
        weights.set(state.weights);
        optimizer.m = state.optimizer?.firstMoment ?? new Float32Array(count);
        optimizer.v = state.optimizer?.secondMoment ?? new Float32Array(count);
        optimizer.steps = state.optimizer?.step ?? 0;
        gradient.fill(0);
        prompts.clear();
        engine.weightsChanged();
      }),
    dispose: () => engine.dispose(),
  };
}
