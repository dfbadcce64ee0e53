/**
 * Documentation and checks of the options of GEPA.
 *
 * @module
 */

import { oneOf, type Specs, wholeNumber } from "../../terms/options.ts";
import type { GepaOptions } from "../gepa.ts";
import { validationShareOption } from "./validation.ts";

/** Every option with the paper's default, or the code's where the paper gives none. */
export function gepaOptions(): Specs<GepaOptions> {
  return {
    validationShare: validationShareOption(
      0.5,
      "Podium; arXiv 2507.19457 has two given sets, gepa.optimize uses one for both where only one is given",
    ),
    minibatchSize: {
      default: 3,
      description: "problems on which a parent and its child are compared",
      source: "arXiv 2507.19457 §4; gepa reflection_minibatch_size",
      check: wholeNumber(1),
    },
    selection: {
      default: "pareto",
      description: "parent: pareto: by instances it is best on; best: best average; epsilon_greedy: best average or " +
        "anybody",
      source: "arXiv 2507.19457 algorithm 2; gepa candidate_selection_strategy",
      check: oneOf(["pareto", "best", "epsilon_greedy"]),
    },
    dominance: {
      default: "cover",
      description: "who is redundant: cover: who is nowhere needed as the best, greedily; textbook: who is dominated",
      source: "gepa_utils.remove_dominated_programs; textbook: the words of arXiv 2507.19457 algorithm 2",
      check: oneOf(["cover", "textbook"]),
    },
    epsilon: {
      default: 0.1,
      description: "probability of a parent at random, with selection epsilon_greedy",
      source: "gepa EpsilonGreedyCandidateSelector",
      check: {
        use: "a number from 0 to 1",
        accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
      },
    },
    perfectScore: {
      default: 1,
      description: "a minibatch on which the parent has this score everywhere is skipped, after it was paid for",
      source: "gepa perfect_score and skip_perfect_score",
      check: { use: "a finite number", accepts: Number.isFinite },
    },
    merge: {
      default: false,
      description: "try to merge two lines after a new candidate was found",
      source: "arXiv 2507.19457 appendix F (GEPA+Merge); gepa.optimize false, dspy.GEPA true",
      check: oneOf([true, false]),
    },
    maxMerges: {
      default: 5,
      description: "most merges that are accepted; rejected ones do not count",
      source: "gepa max_merge_invocations",
      check: wholeNumber(1),
    },
    mergeAcceptance: {
      default: "not_worse",
      description: "not_worse: a merge must reach the better parent on some instances; always: it joins the pool",
      source: "gepa engine; always: arXiv 2507.19457 algorithm 4, which has no test",
      check: oneOf(["not_worse", "always"]),
    },
    mergeInstances: {
      default: 5,
      description: "validation problems on which a merge is tested",
      source: "gepa MergeProposer.select_eval_subsample_for_merged_program",
      check: wholeNumber(1),
    },
  };
}
