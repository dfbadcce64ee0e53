/**
 * Experiences written directly: the ablation of Training-Free GRPO (arXiv 2510.08191 table 3) in which a language model
 * writes as many experiences as are learned elsewhere, and no response is sampled or read. What it does worse is what
 * comparing responses is worth.
 *
 * @module
 */

import type { ContextState, Reply, Round, Setting, StepResult } from "../algorithm.ts";
import { applyPlan, type PlanOptions } from "../experience_library.ts";
import type { TrainingFreeGrpoState } from "../training_free_grpo.ts";
import { asking } from "./asking.ts";
import { draw } from "./draws.ts";

/** How many experiences are written, and how they are kept. */
export interface DirectOptions extends PlanOptions {
  /** Questions that are shown, the first ones. */
  readonly questions: number;
  /** Experiences. */
  readonly maxEntries: number;
  /** Most words of each. */
  readonly maxWords: number;
}

/** The only step: one request, whose additions are the library. Other operations have nothing to refer to. */
export function* writeDirectly(
  state: TrainingFreeGrpoState,
  { problems, budget, seed }: Pick<Setting, "problems" | "budget" | "seed">,
  options: DirectOptions,
): Generator<Round, StepResult<TrainingFreeGrpoState & ContextState>, readonly Reply[]> {
  const { questions, maxEntries, maxWords } = options, ask = asking(state.spent, budget);
  const [{ operations = [] }] = yield* ask.reflect([{
    kind: "write",
    questions: problems.slice(0, questions).map(({ question }) => question),
    count: maxEntries,
    maxWords,
    draw: draw(seed, "write"),
  }]);
  const additions = operations.filter(({ operation = "ADD" }) => operation === "ADD");
  const { library, counts } = applyPlan(state.library, additions, options);
  return {
    state: { ...state, step: state.step + 1, done: true, spent: ask.spent(), library },
    metrics: { added: counts.added, idle: counts.idle, entries: library.entries.length },
  };
}
