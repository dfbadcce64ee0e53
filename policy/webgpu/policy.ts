/**
 * The policy on the GPU: the common interface over an engine whose weights never leave the device between steps.
 *
 * Nothing here needs more than a browser has, so a page may train one too.
 *
 * @module
 */
import { adaptersOf, type Start } from "../adapters.ts";
import type { PolicyDirectory } from "../directory.ts";
import type { OpenOptions } from "../open.ts";
import type { Policy, Tokenizer } from "../policy.ts";
import { checkDerivatives, checkRequests, checkSamples, checkTemperature } from "../requests.ts";
import { stopTextTest } from "../stop_texts.ts";
import { createSampler } from "./decoding.ts";
import { createTrained, requireTrainable, type WebgpuOptions } from "./trained.ts";
import { accumulate, score } from "./training.ts";

/** Raised with every change of this folder or of `ops` that changes a bit: it is part of a cell's identity. */
const KERNELS = 1;

/** A policy from what a directory holds, whose adapters are trained if it has some or gets some. */
export function createWebgpuPolicy(
  directory: Start & Pick<PolicyDirectory, "path" | "stopTokens" | "adapters">,
  tokenizer: Tokenizer,
  { device, lora, rolloutWeights, ...rest }: WebgpuOptions & Pick<OpenOptions, "lora" | "rolloutWeights">,
): Policy {
  const { config, stopTokens } = directory, adapted = lora !== undefined || directory.adapters !== undefined;
  const { engine, parameterCount, inTurn, ...trained } = createTrained(
    adapted ? adaptersOf(directory, lora) : directory,
    rest,
  );
  const { frozen } = rest;
  const { discardGradient, step, digest, save, checkpoint, restore, dispose } = trained;
  const halves = rolloutWeights === "f16", sampler = createSampler(engine, { halves });
  return {
    tokenizer,
    stopTokens,
    parameterCount,
    contextLength: config.maxPositions,
    backend: `webgpu/${KERNELS} ${device.name}`,
    device: halves ? { ...device, exact: false, rolloutWeights } : device,
    generate(requests, options) {
      checkRequests(config, requests, options);
      const ends = {
        stopTokens: options.stopTokens ?? stopTokens,
        completes: stopTextTest(tokenizer, options.stopTexts),
      };
      return inTurn(() => sampler.decode(requests, { ...options, ...ends }));
    },
    logProbs(samples, options = {}) {
      checkTemperature(options.temperature);
      checkSamples(config, samples);
      return inTurn(() => score(engine, samples, options));
    },
    accumulate(samples, derivatives, options = {}) {
      requireTrainable(frozen);
      checkTemperature(options.temperature);
      checkDerivatives(config, samples, derivatives);
      return inTurn(() => accumulate(engine, samples, derivatives, options));
    },
    discardGradient,
    step,
    digest,
    save,
    checkpoint,
    restore,
    dispose: async () => {
      await inTurn(() => Promise.resolve(sampler.dispose()));
      await dispose();
    },
  };
}
