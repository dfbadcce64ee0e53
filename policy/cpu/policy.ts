/**
 * The policy on the CPU: the common interface over an engine.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { writeDirectory } from "../directory.ts";
import { parameterSlots } from "../model/config.ts";
import { adamwScalarNames, adamwScalars } from "../ops/adamw.ts";
import type { Policy, StepOptions, Tokenizer } from "../policy.ts";
import type { PolicyDirectory } from "../directory.ts";
import { decode } from "./decoding.ts";
import { createEngine } from "./engine.ts";
import type { PromptState } from "./prompts.ts";
import { floats, runtimeVersion } from "./session.ts";
import { accumulate, score } from "./training.ts";

/** Settings of a policy on the CPU. */
export interface CpuOptions {
  /** Threads per session. Default 1: cells run side by side instead. */
  threads?: number;
}

/** A policy from what a directory holds. */
export function createCpuPolicy(directory: PolicyDirectory, tokenizer: Tokenizer, options: CpuOptions = {}): Policy {
  const { config, weights, stopTokens } = directory, count = weights.length;
  const engine = createEngine(config, weights, options.threads);
  const m = directory.optimizer?.firstMoment ?? new Float32Array(count);
  const v = directory.optimizer?.secondMoment ?? new Float32Array(count);
  const gradient = new Float32Array(count), mask = decayMask(directory);
  let steps = directory.optimizer?.step ?? 0;
  let prompts = new Map<string, PromptState>();
  return {
    tokenizer,
    stopTokens,
    parameterCount: count,
    backend: `cpu ${runtimeVersion}`,
    generate: (requests, options) =>
      decode(engine, prompts, requests, { ...options, stopTokens: options.stopTokens ?? stopTokens }),
    logProbs(samples, options = {}) {
      checkTemperature(options.temperature);
      return score(engine, prompts, samples, options);
    },
    accumulate(samples, derivatives, options = {}) {
      checkTemperature(options.temperature);
      samples.forEach(({ response }, i) => {
        if (derivatives[i].length === response.length) return;
        throw new RangeError(
          `Sample ${i} has ${response.length} response tokens but ${derivatives[i].length} derivatives; give one each.`,
        );
      });
      return accumulate(engine, prompts, samples, derivatives, gradient, options);
    },
    discardGradient: () => void gradient.fill(0),
    async step({ learningRate, maxNorm = 1, betas = [0.9, 0.99], epsilon = 1e-8, weightDecay = 0 }: StepOptions) {
      const norm = globalNorm(gradient), clip = norm > maxNorm ? maxNorm / norm : 1;
      const scalars = adamwScalars({ clip, learningRate, betas, epsilon, weightDecay, step: ++steps });
      const feeds = Object.fromEntries([
        ...Object.entries({ weights, m, v, gradient, mask }).map(([name, data]) => [name, floats(data, [count])]),
        ...adamwScalarNames.map((name, i) => [name, floats(Float32Array.of(scalars[i]), [1])]),
      ]);
      const next = await engine.run("adamw", feeds, {});
      weights.set(next.next_weights);
      m.set(next.next_m);
      v.set(next.next_v);
      gradient.fill(0);
      engine.weightsChanged();
      prompts = new Map();
      return { norm };
    },
    digest() {
      const hash = createHash("sha256");
      for (const part of [weights, m, v]) hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      return Promise.resolve(hash.update(`${steps}`).digest("hex"));
    },
    save: (path, { optimizer = false } = {}) =>
      writeDirectory(path, {
        config,
        weights,
        stopTokens,
        files: directory.companions,
        optimizer: optimizer ? { firstMoment: m, secondMoment: v, step: steps } : undefined,
      }),
    dispose: () => engine.dispose(),
  };
}

function checkTemperature(temperature = 1): void {
  if (temperature > 0 && Number.isFinite(temperature)) return;
  throw new RangeError(`A temperature of ${temperature} has no log-probs; use a positive number.`);
}

/** Euclidean norm, summed in float64 in the order of the weights. */
function globalNorm(gradient: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  return Math.sqrt(sum);
}

/** 1 on the entries of matrices, 0 on norms and biases, which weight decay leaves alone. */
function decayMask({ config, weights }: PolicyDirectory): Float32Array {
  const mask = new Float32Array(weights.length);
  for (const { shape, offset, length } of parameterSlots(config).values()) {
    if (shape.length > 1) mask.fill(1, offset, offset + length);
  }
  return mask;
}
