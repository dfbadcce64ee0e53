/**
 * The critic on the GPU: the decoder with a value head, in training.
 *
 * @module
 */
import type { CriticStart } from "../critic_of.ts";
import type { Critic } from "../policy.ts";
import { checkDerivatives, checkSamples } from "../requests.ts";
import { createTrained, type WebgpuOptions } from "./trained.ts";
import { backward, evaluate } from "./training.ts";

/** A critic from what its directory holds; see `criticOf` for that of a policy. */
export function createWebgpuCritic(directory: CriticStart, options: WebgpuOptions): Critic {
  const { config } = directory;
  const { engine, inTurn, ...trained } = createTrained(directory, options);
  return {
    values(samples) {
      checkSamples(config, samples);
      return inTurn(() => evaluate(engine, samples));
    },
    accumulate(samples, derivatives) {
      checkDerivatives(config, samples, derivatives);
      return inTurn(async () => void await backward(engine, samples, derivatives));
    },
    ...trained,
  };
}
