/**
 * The choice between the plain policy gradient and the clipped ratio, for algorithms whose paper trains exactly on
 * policy while programs run them through PPO's loss. On policy both have the same gradient.
 *
 * @module
 */

import { oneOf, type Resolved, type Specs } from "./options.ts";
import { type OutcomeOptions, refuseOutcome } from "./outcome_algorithm.ts";
import { type ClipOptions, clipOptions } from "./shared_options.ts";
import { clippedSurrogate, reinforceSurrogate, type Surrogate } from "./surrogates.ts";

/** Options of an algorithm with this choice. */
export interface SurrogateOptions extends OutcomeOptions {
  /** Plain policy gradient `−A · logProb`, or PPO's clipped token ratio. */
  surrogate?: "reinforce" | "token_clip";
}

/** Documentation and checks of the choice and its bounds; the default is the plain policy gradient. */
export function surrogateOptions(source: string): Specs<Pick<SurrogateOptions, "surrogate" | keyof ClipOptions>> {
  return {
    surrogate: {
      default: "reinforce",
      description: "loss of a token: plain policy gradient, or clipped token ratio",
      source,
      check: oneOf(["reinforce", "token_clip"]),
    },
    ...clipOptions(0.2, "verl; without a ratio there is no clip"),
  };
}

/** Contradictions: bounds of a ratio that the loss does not have would do nothing, silently. */
export function refuseSurrogate(
  options: Resolved<SurrogateOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  const clip = ["epsilonLow", "epsilonHigh", "dualClip", "delta"].find((name) => explicit.has(name));
  if (options.surrogate === "reinforce" && clip) {
    return `option "${clip}" is set, but surrogate "reinforce" has no ratio to clip; leave it out or use surrogate ` +
      '"token_clip"';
  }
  return refuseOutcome(options);
}

/** The surrogate with these options. */
export function chosenSurrogate(options: Resolved<SurrogateOptions>): Surrogate {
  return options.surrogate === "reinforce" ? reinforceSurrogate : clippedSurrogate(options);
}
