/**
 * The critic on the CPU: the decoder with a value head, in training.
 *
 * @module
 */
import type { PolicyDirectory } from "../directory.ts";
import { criticConfig, parameterCount, parameterSlots } from "../model/config.ts";
import type { Critic } from "../policy.ts";
import { backward, evaluate } from "./training.ts";
import { checkDerivatives, checkSamples } from "../requests.ts";
import { type CpuOptions, createTrained } from "./trained.ts";

/** A critic from what a directory holds: a saved critic, or a policy from whose weights it starts. */
export function createCpuCritic(directory: PolicyDirectory, options: CpuOptions = {}): Critic {
  const { config } = directory;
  const start = config.valueHead ? directory : criticOf(directory);
  const { engine, prompts, gradient, inTurn, ...trained } = createTrained(start, options);
  const { discardGradient, step, digest, save, checkpoint, restore, dispose } = trained;
  return {
    parameterCount: engine.weights.length,
    values(samples) {
      checkSamples(config, samples);
      return inTurn(() => evaluate(engine, prompts, samples));
    },
    accumulate(samples, derivatives) {
      checkDerivatives(config, samples, derivatives);
      return inTurn(async () => void await backward(engine, prompts, samples, derivatives, gradient));
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

/**
 * The critic that a policy's training starts with: its weights but for the output matrix, and a head of zeros, so that
 * all values are 0. The policy's optimizer is not the critic's.
 */
function criticOf({ path, config: policy, weights, slots }: PolicyDirectory): PolicyDirectory {
  const config = criticConfig(policy), own = parameterSlots(config), start = new Float32Array(parameterCount(config));
  for (const { name, offset, length } of own.values()) {
    const source = slots.get(name);
    if (source) start.set(weights.subarray(source.offset, source.offset + length), offset);
  }
  return { path, config, weights: start, slots: own, stopTokens: [] };
}
