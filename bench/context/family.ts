/**
 * Which family an algorithm is of: those that train weights, or those that learn a prompt.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import {
  type AlgorithmModule,
  algorithms,
  type ContextAlgorithm,
  contextAlgorithms,
  type ContextModule,
  suggestion,
} from "../../algorithms/mod.ts";
import type { SuiteAlgorithm } from "../suite.ts";

/** Whether an algorithm learns a prompt. */
export function changesPrompt(algorithm: Algorithm | ContextAlgorithm): algorithm is ContextAlgorithm {
  return "context" in algorithm;
}

/** Whether the algorithm called `name` learns a prompt. */
export function namesPrompt(name: string): boolean {
  return Object.hasOwn(contextAlgorithms, name);
}

/**
 * The algorithm called `name`, of either family.
 *
 * @throws {RangeError} if there is none, naming the nearest.
 */
export function findModule(name: string): AlgorithmModule | ContextModule {
  if (namesPrompt(name)) return contextAlgorithms[name];
  if (Object.hasOwn(algorithms, name)) return algorithms[name];
  throw new RangeError(
    `Unknown algorithm "${name}"${suggestion(name, [...Object.keys(algorithms), ...Object.keys(contextAlgorithms)])}`,
  );
}

/** Configures an algorithm of either family as a suite names it. */
export function configure(
  { name, preset, options }: Pick<SuiteAlgorithm, "name" | "preset" | "options">,
): Algorithm | ContextAlgorithm {
  return findModule(name).create({ ...preset !== undefined && { preset }, ...options });
}
