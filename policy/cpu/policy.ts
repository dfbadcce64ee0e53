/**
 * The policy on the CPU: the common interface over an engine.
 *
 * @module
 */
import type { PolicyDirectory } from "../directory.ts";
import type { GenerateOptions, Policy, Tokenizer } from "../policy.ts";
import { stopTextTest } from "../stop_texts.ts";
import { decode } from "./decoding.ts";
import { runtimeVersion } from "./session.ts";
import { checkDerivatives, checkSamples, checkTokens, type CpuOptions, createTrained } from "./trained.ts";
import { accumulate, score } from "./training.ts";

/** Raised with every change of this folder or of `ops` that changes a bit: it is part of a cell's identity. */
const KERNELS = 1;

/** A policy from what a directory holds. */
export function createCpuPolicy(directory: PolicyDirectory, tokenizer: Tokenizer, options: CpuOptions = {}): Policy {
  const { config, weights, stopTokens } = directory;
  const { engine, prompts, gradient, inTurn, discardGradient, step, digest, save, dispose } = createTrained(
    directory,
    options,
  );
  return {
    tokenizer,
    stopTokens,
    parameterCount: weights.length,
    backend: `cpu/${KERNELS} ${runtimeVersion}`,
    generate(requests, options) {
      requests.forEach(({ prompt, begun = [] }, i) => {
        checkTokens(config, `Prompt ${i}`, prompt, 1);
        checkTokens(config, `The begun response ${i}`, begun, 0);
      });
      checkSampling(options, requests.length);
      const ends = {
        stopTokens: options.stopTokens ?? stopTokens,
        completes: stopTextTest(tokenizer, options.stopTexts),
      };
      return inTurn(() => decode(engine, prompts, requests, { ...options, ...ends }));
    },
    logProbs(samples, options = {}) {
      checkTemperature(options.temperature);
      checkSamples(config, samples);
      return inTurn(() => score(engine, prompts, samples, options));
    },
    accumulate(samples, derivatives, options = {}) {
      checkTemperature(options.temperature);
      checkDerivatives(config, samples, derivatives);
      return inTurn(() => accumulate(engine, prompts, samples, derivatives, gradient, options));
    },
    discardGradient,
    step,
    digest,
    save,
    dispose,
  };
}

function checkSampling({ maxTokens, temperature = 1, topP = 1 }: GenerateOptions, requests: number): void {
  const most = typeof maxTokens === "number" ? [maxTokens] : maxTokens;
  if (typeof maxTokens !== "number" && maxTokens.length !== requests) {
    throw new RangeError(`${requests} requests have ${maxTokens.length} maximum lengths; give one, or one each.`);
  }
  const impossible = most.find((value) => !Number.isInteger(value) || value < 0);
  if (impossible !== undefined) {
    throw new RangeError(`A response can't have at most ${impossible} tokens; give an integer from 0.`);
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
