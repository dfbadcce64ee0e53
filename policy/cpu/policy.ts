/**
 * The policy on the CPU: the common interface over an engine.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { writeDirectory } from "../directory.ts";
import type { ModelConfig } from "../model/config.ts";
import type { GenerateOptions, Policy, Sample, StepOptions, Tokenizer } from "../policy.ts";
import type { PolicyDirectory } from "../directory.ts";
import { decode } from "./decoding.ts";
import { createEngine } from "./engine.ts";
import type { PromptState } from "./prompts.ts";
import { type Optimizer, stepOptimizer } from "./optimizer.ts";
import { runtimeVersion } from "./session.ts";
import { accumulate, score } from "./training.ts";

/** Raised with every change of this folder or of `ops` that changes a bit: it is part of a cell's identity. */
const KERNELS = 1;

/** Settings of a policy on the CPU. */
export interface CpuOptions {
  /** Threads per session. Default 1: cells run side by side instead. */
  threads?: number;
}

/** A policy from what a directory holds. */
export function createCpuPolicy(directory: PolicyDirectory, tokenizer: Tokenizer, options: CpuOptions = {}): Policy {
  const { config, weights, stopTokens } = directory, count = weights.length;
  const engine = createEngine(config, weights, options.threads);
  const gradient = new Float32Array(count), prompts = new Map<string, PromptState>();
  const optimizer: Optimizer = {
    m: directory.optimizer?.firstMoment ?? new Float32Array(count),
    v: directory.optimizer?.secondMoment ?? new Float32Array(count),
    steps: directory.optimizer?.step ?? 0,
  };
  // Buffers and gradient are shared, so calls that overlap wait for each other.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  return {
    tokenizer,
    stopTokens,
    parameterCount: count,
    backend: `cpu/${KERNELS} ${runtimeVersion}`,
    generate(requests, options) {
      requests.forEach(({ prompt }, i) => checkTokens(config, `Prompt ${i}`, prompt, 1));
      checkSampling(options, requests.length);
      return inTurn(() =>
        decode(engine, prompts, requests, { ...options, stopTokens: options.stopTokens ?? stopTokens })
      );
    },
    logProbs(samples, options = {}) {
      checkTemperature(options.temperature);
      samples.forEach((sample, i) => checkSample(config, i, sample));
      return inTurn(() => score(engine, prompts, samples, options));
    },
    accumulate(samples, derivatives, options = {}) {
      checkTemperature(options.temperature);
      samples.forEach((sample, i) => {
        checkSample(config, i, sample);
        const { response } = sample;
        if (derivatives[i].length === response.length) return;
        throw new RangeError(
          `Sample ${i} has ${response.length} response tokens but ${derivatives[i].length} derivatives; give one each.`,
        );
      });
      return inTurn(() => accumulate(engine, prompts, samples, derivatives, gradient, options));
    },
    discardGradient: () => void gradient.fill(0),
    step: (options: StepOptions) =>
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
        optimizer: withOptimizer
          ? { firstMoment: optimizer.m, secondMoment: optimizer.v, step: optimizer.steps }
          : undefined,
      }),
    dispose: () => engine.dispose(),
  };
}

function checkSample(config: ModelConfig, index: number, { prompt, response }: Sample): void {
  checkTokens(config, `The prompt of sample ${index}`, prompt, 1);
  checkTokens(config, `The response of sample ${index}`, response, 0);
}

function checkTokens({ vocabularySize }: ModelConfig, what: string, tokens: readonly number[], least: number): void {
  if (tokens.length < least) throw new RangeError(`${what} is empty; it needs at least one token.`);
  const bad = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (bad !== undefined) {
    throw new RangeError(`${what} holds ${bad}, which is no token id from 0 to ${vocabularySize - 1}.`);
  }
}

function checkSampling({ maxTokens, temperature = 1, topP = 1 }: GenerateOptions, requests: number): void {
  if (!Number.isInteger(maxTokens) || maxTokens < 0) {
    throw new RangeError(`A response can't have at most ${maxTokens} tokens; give an integer from 0.`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP is ${topP}; give a number above 0 and at most 1.`);
  const temperatures = typeof temperature === "number" ? [temperature] : temperature;
  if (typeof temperature !== "number" && temperature.length !== requests) {
    throw new RangeError(`${requests} requests have ${temperature.length} temperatures; give one, or one each.`);
  }
  const bad = temperatures.find((value) => !(value >= 0 && Number.isFinite(value)));
  if (bad !== undefined) throw new RangeError(`Nothing can be sampled at temperature ${bad}; use 0 or more.`);
}

function checkTemperature(temperature = 1): void {
  if (temperature > 0 && Number.isFinite(temperature)) return;
  throw new RangeError(`A temperature of ${temperature} has no log-probs; use a positive number.`);
}
