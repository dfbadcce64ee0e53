/**
 * Validation: problems held back from training, and the checks of a setting.
 *
 * @module
 */

import type { Context, ContextAlgorithm, ContextState, Rollout, Setting } from "../algorithm.ts";
import type { Spec } from "../../terms/options.ts";
import { type Ask, type Asking, NOTHING_SPENT } from "./asking.ts";

/** Training problems by what they are used for, as indices. */
export interface Split {
  /** Problems that transcripts come from. */
  readonly feedback: readonly number[];
  /** Problems that prompts are scored on. */
  readonly validation: readonly number[];
}

/**
 * The last `share` of the problems for validation, the others for feedback, at least one each. A share of 1 uses all
 * problems for both.
 */
export function splitProblems(count: number, share: number): Split {
  const all = Array.from({ length: count }, (_, i) => i);
  if (share === 1) return { feedback: all, validation: all };
  const first = Math.min(Math.max(1, Math.round(count * (1 - share))), count - 1);
  return { feedback: all.slice(0, first), validation: all.slice(first) };
}

/** The option `validationShare`. */
export function validationShareOption(share: number, source: string): Spec<number> {
  return {
    default: share,
    description: "share of the training problems that prompts are scored on, the last ones; 1: all problems are used " +
      "for feedback and validation alike",
    source,
    check: {
      use: "a number greater than 0 and at most 1",
      accepts: (value) => typeof value === "number" && value > 0 && value <= 1,
    },
  };
}

/** One response to each of the problems under a prompt, all with noise `draw`. */
export function* evaluate(
  ask: Ask,
  context: Context,
  problems: readonly number[],
  draw: number,
): Asking<Rollout> {
  return yield* ask.rollOut(problems.map((problem) => ({ problem, context, draw })));
}

/**
 * The part of a first state that all share.
 *
 * @throws {RangeError} if the setting has too few problems or too small a budget, or a seed that is not a whole number.
 */
export function begin(
  { name, needs }: Pick<ContextAlgorithm, "name" | "needs">,
  { problems, budget, seed }: Setting,
): ContextState {
  if (problems.length < needs.problems) {
    throw new RangeError(`${name}: there are ${problems.length} training problems; give at least ${needs.problems}`);
  }
  const least = needs.budget(problems.length);
  if (!Number.isInteger(budget) || budget < least) {
    throw new RangeError(
      `${name}: the budget is ${budget} responses; with ${problems.length} problems and these options give a whole ` +
        `number of at least ${least}`,
    );
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${name}: the seed is ${seed}; give a whole number`);
  return { step: 0, done: false, spent: NOTHING_SPENT };
}
