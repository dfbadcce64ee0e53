/**
 * The policy on the CPU: the common interface over an engine.
 *
 * @module
 */
import type { Start } from "../adapters.ts";
import type { Policy, Tokenizer } from "../policy.ts";
import { checkDerivatives, checkRequests, checkSamples, checkTemperature } from "../requests.ts";
import { stopTextTest } from "../stop_texts.ts";
import type { Origin } from "../storage.ts";
import { decode } from "./decoding.ts";
import { runtimeVersion } from "./session.ts";
import { type CpuOptions, createTrained } from "./trained.ts";
import { accumulate, score } from "./training.ts";

/** Raised with every change of this folder or of `ops` that changes a bit: it is part of a cell's identity. */
const KERNELS = 1;

/** A policy from what a directory holds. */
export function createCpuPolicy(
  directory: Start & Origin,
  tokenizer: Tokenizer,
  options: CpuOptions = {},
): Policy {
  const { config, weights, stopTokens } = directory;
  const { engine, prompts, gradient, inTurn, ...trained } = createTrained(directory, options);
  const { discardGradient, step, digest, save, checkpoint, restore, dispose } = trained;
  return {
    tokenizer,
    stopTokens,
    parameterCount: weights.length,
    contextLength: config.maxPositions,
    backend: `cpu/${KERNELS} ${runtimeVersion}`,
    generate(requests, options) {
      checkRequests(config, requests, options);
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
    checkpoint,
    restore,
    dispose,
  };
}
