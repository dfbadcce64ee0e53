/**
 * Which family an algorithm is of: those that train weights, or those that learn a prompt.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import { algorithms, type ContextAlgorithm, contextAlgorithms, suggestion } from "../../algorithms/mod.ts";
import type { SuiteAlgorithm } from "../suite.ts";

/** Whether an algorithm learns a prompt. */
export function changesPrompt(algorithm: Algorithm | ContextAlgorithm): algorithm is ContextAlgorithm {
  return "context" in algorithm;
}

/** Whether the algorithm called `name` learns a prompt. */
export function namesPrompt(name: string): boolean {
  return Object.hasOwn(contextAlgorithms, name);
}

/** Configures an algorithm of either family as a suite names it. */
export function configureEntry(
  { name, preset, options }: Pick<SuiteAlgorithm, "name" | "preset" | "options">,
): Algorithm | ContextAlgorithm {
  const given = { ...preset !== undefined && { preset }, ...options };
  if (namesPrompt(name)) return contextAlgorithms[name].create(given);
  if (Object.hasOwn(algorithms, name)) return algorithms[name].create(given);
  throw new RangeError(
    `Unknown algorithm "${name}"${suggestion(name, [...Object.keys(algorithms), ...Object.keys(contextAlgorithms)])}`,
  );
}
