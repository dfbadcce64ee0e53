/**
 * Sets of worked examples to choose from, as DSPy's `create_n_fewshot_demo_sets` builds them.
 *
 * @module
 */

import type { ContextProblem, Demonstration, Rollout } from "../algorithm.ts";
import { draw, shuffled } from "./draws.ts";

/** Worked examples of the problems that come with a right response, in their order. */
export function labelled(problems: readonly ContextProblem[]): Demonstration[] {
  return problems.flatMap(({ question, solution }) => solution === undefined ? [] : [{ question, response: solution }]);
}

/** The policy's own responses that score at least `threshold`. */
export function bootstrapped(
  problems: readonly ContextProblem[],
  rollouts: readonly Rollout[],
  threshold: number,
): Demonstration[] {
  return rollouts.flatMap(({ response, score }, i) =>
    score >= threshold ? [{ question: problems[i].question, response }] : []
  );
}

/** How sets are built. */
export interface SetOptions {
  /** Number of sets. */
  readonly sets: number;
  /** Most examples of the policy's own in a set. */
  readonly ownDemonstrations: number;
  /** Most examples in a set that is filled up with labelled ones. */
  readonly labelledDemonstrations: number;
}

/** `count` of the examples, without those whose question is there already, in a random order. */
function sample(
  from: readonly Demonstration[],
  count: number,
  present: readonly Demonstration[],
  seed: number,
  set: number,
): Demonstration[] {
  const questions = new Set(present.map(({ question }) => question));
  const order = shuffled(from.length, seed, "demonstrations", set, present.length);
  return order.map((i) => from[i]).filter(({ question }) => !questions.has(question)).slice(0, Math.max(0, count));
}

/**
 * Set 0 is empty, set 1 has labelled examples only, set 2 the first of the policy's own, the others a random number of
 * its own; where labelled ones are allowed each is filled up with them. A set that another one equals is left out.
 */
export function demonstrationSets(
  labelled: readonly Demonstration[],
  own: readonly Demonstration[],
  { sets, ownDemonstrations, labelledDemonstrations }: SetOptions,
  seed: number,
): Demonstration[][] {
  const fill = (chosen: readonly Demonstration[], set: number) => [
    ...chosen,
    ...sample(labelled, labelledDemonstrations - chosen.length, chosen, seed, set),
  ];
  const found = Array.from({ length: sets }, (_, set) => {
    if (set === 0) return [];
    if (set === 1) return fill([], set);
    if (set === 2) return fill(own.slice(0, ownDemonstrations), set);
    const size = 1 + Math.floor(draw(seed, "set size", set) * ownDemonstrations);
    return fill(ownDemonstrations === 0 ? [] : sample(own, size, [], seed, set), set);
  });
  return [...new Map(found.map((set) => [JSON.stringify(set), set])).values()];
}
