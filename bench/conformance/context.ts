/**
 * Operations of the algorithms that change the prompt instead of the weights: GEPA's choice of a parent, and the
 * experience library of Training-Free GRPO.
 *
 * @module
 */

import {
  coverFronts,
  type ExperienceLibrary,
  type ExperienceOperation,
  gepa,
  instanceFronts,
  mean,
  samplingProbabilities,
  type ScoreTable,
  trainingFreeGrpo,
  undominated,
  updateExperiences,
} from "../../algorithms/mod.ts";
import { computedBy, type Entry } from "./golden_case.ts";

/** Lists by position, as records with the position as key. */
const byPosition = (lists: readonly (readonly number[])[]) => Object.fromEntries(lists.map((list, i) => [i, list]));

/** Labels of this family. */
export const contextEntries: Readonly<Record<string, Entry>> = {
  "GEPA": function* ({ inputs }) {
    const scores = inputs.scores as ScoreTable;
    const fronts = instanceFronts(scores), literal = undominated(scores);
    const cover = coverFronts(fronts, scores);
    yield {
      [computedBy]: gepa.description.name,
      aggregate: scores.map((row) => mean(row)),
      fronts: byPosition(fronts),
      removal_order: cover.removed,
      survivors: cover.survivors,
      reduced_fronts: byPosition(cover.fronts),
      sampling_probability: samplingProbabilities(cover.fronts, cover.survivors),
      literal_domination_survivors: literal,
      literal_domination_probability: samplingProbabilities(fronts, literal),
    };
  },
  "Training-Free GRPO": function* ({ inputs }) {
    const library = inputs.library as ExperienceLibrary, plan = inputs.plan as ExperienceOperation[];
    yield {
      [computedBy]: trainingFreeGrpo.description.name,
      code_main_branch: updateExperiences(library, plan, "code_main_branch"),
      strict_semantics: updateExperiences(library, plan, "strict"),
    };
  },
};
