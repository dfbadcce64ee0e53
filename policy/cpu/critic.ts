/**
 * The critic on the CPU: the decoder with a value head, in training.
 *
 * @module
 */
import { criticOf, type CriticStart } from "../critic_of.ts";
import type { Critic } from "../policy.ts";
import { backward, evaluate } from "./training.ts";
import { checkDerivatives, checkSamples } from "../requests.ts";
import { type CpuOptions, createTrained } from "./trained.ts";

/** A critic from what a directory holds: a saved critic, or a policy from whose weights it starts. */
export function createCpuCritic(directory: CriticStart, options: CpuOptions = {}): Critic {
  const { config } = directory;
  const { engine, prompts, gradient, inTurn, ...trained } = createTrained(criticOf(directory), options);
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
