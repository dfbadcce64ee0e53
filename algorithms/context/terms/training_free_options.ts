/**
 * Documentation and checks of the options of Training-Free GRPO.
 *
 * @module
 */

import { oneOf, orNull, type Specs, wholeNumber } from "../../terms/options.ts";
import type { TrainingFreeGrpoOptions } from "../training_free_grpo.ts";

/** Every option with the paper's default for mathematics. */
export function trainingFreeOptions(): Specs<TrainingFreeGrpoOptions> {
  return {
    epochs: {
      default: 3,
      description: "passes over the training problems; fewer if the budget ends before",
      source: "arXiv 2510.08191 §3.1; the code's command line has 2",
      check: wholeNumber(1),
    },
    batchSize: {
      default: 100,
      description: "problems per step, after which the library is updated",
      source: "code of arXiv 2510.08191, mathematics (100 problems: 3 updates); web: 4; main branch: 50",
      check: wholeNumber(1),
    },
    groupSize: {
      default: 5,
      description: "responses per problem",
      source: "arXiv 2510.08191 §3.1; web: 3 (its code: 5)",
      check: wholeNumber(1),
    },
    learnFrom: {
      default: "contrast",
      description: "groups that teach: contrast: those whose rewards differ; all: all of them",
      source: "arXiv 2510.08191 §2.2; code: 0 < mean reward < 1, the same for rewards of 0 and 1",
      check: oneOf(["contrast", "all"]),
    },
    groundTruth: {
      default: true,
      description: "whether the reflector sees rewards, gold answers and the grader's words",
      source: "arXiv 2510.08191 §3.1 and table 3",
      check: oneOf([true, false]),
    },
    summarize: {
      default: true,
      description: "have every response of a teaching group retold before the group is compared",
      source: "arXiv 2510.08191 §2.2",
      check: oneOf([true, false]),
    },
    operationsPerGroup: {
      default: 1,
      description: "most operations that one group proposes; further ones are dropped",
      source: "code of arXiv 2510.08191, paper branch; main branch: 2, 1 in its mathematics setting",
      check: wholeNumber(1),
    },
    maxWords: {
      default: 32,
      description: "words after which an entry is cut; reflectors are told",
      source: "prompts of arXiv 2510.08191, which only ask for it",
      check: wholeNumber(1),
    },
    maxEntries: {
      default: null,
      description: "most entries of the library; what would add more is not carried out; null: any number",
      source: "not limited in arXiv 2510.08191",
      check: orNull(wholeNumber(1)),
    },
    semantics: {
      default: "strict",
      description: "strict: DELETE needs no text, UPDATE of an unknown id does nothing; code_main_branch: the former " +
        "is lost, the latter adds",
      source: "arXiv 2510.08191 §2.2; utu/practice/experience_updater.py",
      check: oneOf(["strict", "code_main_branch"]),
    },
    ids: {
      default: "stable",
      description: "stable: an id stays with its entry for good; renumbered: G0, G1, … after every update",
      source: "Podium, for provenance; the code of arXiv 2510.08191 numbers anew",
      check: oneOf(["stable", "renumbered"]),
    },
    addFirst: {
      default: false,
      description: "put proposed additions into the library before the plan is made, which then cleans up",
      source: "arXiv 2510.08191 §2.2; true in the code's paper branch",
      check: oneOf([true, false]),
    },
  };
}
