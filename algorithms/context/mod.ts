/**
 * The algorithms that change the prompt and not the weights.
 *
 * `contextAlgorithms` is their registry: a plain dictionary. Adding one = a file, a line in it, a test.
 *
 * ```ts
 * import { contextAlgorithms, findContextAlgorithm } from "@podium/rl/algorithms";
 *
 * const asking = Object.values(contextAlgorithms).filter(({ create }) => create().needs.reflector);
 * if (asking.length !== 4) throw new Error("few-shot prompting alone needs no reflector");
 * if (findContextAlgorithm("gepa").description.paper.year !== 2025) throw new Error("unexpected");
 * ```
 *
 * @module
 */

import { suggestion } from "../terms/nearest.ts";
import type { ContextModule } from "./algorithm.ts";
import { fewShot } from "./few_shot.ts";
import { gepa } from "./gepa.ts";
import { mipro } from "./mipro.ts";
import { randomSearch } from "./random_search.ts";
import { trainingFreeGrpo } from "./training_free_grpo.ts";

export * from "./algorithm.ts";
export * from "./experience_library.ts";
export { fewShot, type FewShotOptions, type FewShotState } from "./few_shot.ts";
export { type Candidate, gepa, type GepaOptions, type GepaState } from "./gepa.ts";
export { mipro, type MiproOptions, type MiproState } from "./mipro.ts";
export * from "./pareto.ts";
export { randomSearch, type RandomSearchOptions, type RandomSearchState } from "./random_search.ts";
export * from "./reflectors/model.ts";
export * from "./reflectors/parse_reply.ts";
export * from "./reflectors/prompts.ts";
export * from "./reflectors/rule_based.ts";
export * from "./reflectors/vocabulary.ts";
export * from "./run.ts";
export * from "./terms/demonstration_sets.ts";
export * from "./terms/merge.ts";
export type { MiproCandidates } from "./terms/mipro_candidates.ts";
export * from "./terms/selection.ts";
export * from "./terms/tree_parzen.ts";
export { trainingFreeGrpo, type TrainingFreeGrpoOptions, type TrainingFreeGrpoState } from "./training_free_grpo.ts";

/** Every algorithm that changes the prompt, by its name: the baselines first. */
export const contextAlgorithms: Readonly<Record<string, ContextModule>> = {
  few_shot: fewShot,
  random_search: randomSearch,
  mipro,
  gepa,
  training_free_grpo: trainingFreeGrpo,
};

/**
 * The algorithm that changes the prompt called `name`.
 *
 * @throws {RangeError} if there is none, naming the nearest.
 */
export function findContextAlgorithm(name: string): ContextModule {
  if (Object.hasOwn(contextAlgorithms, name)) return contextAlgorithms[name];
  throw new RangeError(
    `Unknown algorithm that changes the prompt "${name}"${suggestion(name, Object.keys(contextAlgorithms))}`,
  );
}
