/**
 * Documentation and checks of the options of MIPROv2.
 *
 * @module
 */

import { atLeast, orNull, type Specs, wholeNumber } from "../../terms/options.ts";
import type { MiproOptions } from "../mipro.ts";
import { validationShareOption } from "./validation.ts";

/** Every option with DSPy's default, `auto` "light". */
export function miproOptions(): Specs<MiproOptions> {
  return {
    validationShare: validationShareOption(0.8, "dspy MIPROv2 without valset"),
    maxValidation: {
      default: 100,
      description: "most validation problems; those beyond are not used",
      source: 'dspy MIPROv2 auto "light"; medium 300, heavy 1000',
      check: wholeNumber(1),
    },
    candidates: {
      default: 6,
      description:
        "sets of demonstrations to choose from; half as many instructions, all of them without demonstrations",
      source: 'dspy MIPROv2 auto "light"; medium 12, heavy 18',
      check: wholeNumber(2),
    },
    trials: {
      default: null,
      description: "combinations tried; null: max(2 v log2 n, 1.5 n) of v choices among n candidates; fewer if the " +
        "budget ends before",
      source: "dspy MIPROv2._set_num_trials_from_num_candidates",
      check: orNull(wholeNumber(1)),
    },
    minibatchSize: {
      default: 35,
      description: "validation problems per trial; all of them if there are no more than minibatchAbove",
      source: "dspy MIPROv2 minibatch_size",
      check: wholeNumber(1),
    },
    minibatchAbove: {
      default: 50,
      description: "validation problems above which trials use minibatches",
      source: "dspy MIPROv2 MIN_MINIBATCH_SIZE",
      check: wholeNumber(1),
    },
    fullEvery: {
      default: 5,
      description: "minibatch trials after which the best average is scored on all validation problems",
      source: "dspy MIPROv2 minibatch_full_eval_steps",
      check: wholeNumber(1),
    },
    ownDemonstrations: {
      default: 4,
      description: "most right responses of the policy's own in a set of demonstrations",
      source: "dspy MIPROv2 max_bootstrapped_demos",
      check: wholeNumber(0),
    },
    labelledDemonstrations: {
      default: 4,
      description: "most demonstrations in a set that is filled up with labelled ones",
      source: "dspy MIPROv2 max_labeled_demos",
      check: wholeNumber(0),
    },
    threshold: {
      default: 1,
      description: "least score of a response that may be a demonstration",
      source: "dspy MIPROv2 metric_threshold (null there: any score that is not 0)",
      check: atLeast(0),
    },
  };
}
