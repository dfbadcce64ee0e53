/**
 * Random search over instructions: what a search is worth that never looks at a transcript.
 *
 * The control for GEPA (arXiv 2507.19457). The same reflector proposes sentences, but is shown no attempt; a candidate
 * is the initial prompt with a random number of proposals after each other. Every candidate is scored on the same
 * validation problems with the same noise as GEPA's, and the best average wins. Against GRPO: the policy is frozen.
 *
 * ```ts
 * import { randomSearch } from "@podium/rl/algorithms";
 *
 * if (randomSearch.create().needs.budget(10) !== 10) throw new Error("the initial prompt and one candidate");
 * ```
 *
 * @module
 */

import type { Context, ContextAlgorithm, ContextModule, ContextState } from "./algorithm.ts";
import { asking } from "./terms/asking.ts";
import { draw } from "./terms/draws.ts";
import { begin, evaluate, splitProblems, validationShareOption } from "./terms/validation.ts";
import { define } from "../terms/define.ts";
import { wholeNumber } from "../terms/options.ts";
import { mean } from "../terms/statistics.ts";

/** Options of {@linkcode randomSearch}. */
export interface RandomSearchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Share of the training problems that prompts are scored on. */
  validationShare?: number;
  /** Most proposals in a candidate. */
  proposals?: number;
}

/** What {@linkcode randomSearch} keeps between steps. */
export interface RandomSearchState extends ContextState {
  /** The best instructions so far. */
  readonly instructions: Context["instructions"];
  /** Their mean score on the validation problems; `null` before the first. */
  readonly best: number | null;
}

/** Random search. Needs a reflector and an initial prompt with at least one module. */
export const randomSearch: ContextModule<RandomSearchOptions> = define<
  RandomSearchOptions,
  Omit<ContextAlgorithm<RandomSearchState>, "name" | "options">
>({
  name: "random_search",
  title: "Random search over instructions",
  paper: { source: "control for arXiv 2507.19457", year: 2025 },
  family: "prompt: search",
  summary: "The control for GEPA: the same reflector and scoring, but proposals are blind, and the best average wins.",
  options: {
    validationShare: validationShareOption(0.5, "as gepa"),
    proposals: {
      default: 3,
      description: "most proposals that a candidate is made of, one after the other",
      source: "Podium",
      check: wholeNumber(1),
    },
  },
  build: ({ validationShare, proposals }) => {
    const size = (problems: number) => splitProblems(problems, validationShare).validation.length;
    const needs = {
      reflector: true,
      problems: validationShare === 1 ? 1 : 2,
      budget: (problems: number) => 2 * size(problems),
    };
    return {
      needs,
      start: (setting) => {
        const first = begin({ name: "random_search", needs }, setting), { instructions } = setting.initial;
        if (Object.keys(instructions).length === 0) {
          throw new RangeError(
            "random_search: the initial prompt has no instruction; give a module, whose text may be empty",
          );
        }
        return { ...first, instructions, best: null };
      },
      context: ({ instructions }, { initial }) => ({ ...initial, instructions }),
      *step(state, { problems, initial, budget, seed }) {
        const ask = asking(state.spent, budget), { step } = state, modules = Object.keys(initial.instructions);
        const { validation } = splitProblems(problems.length, validationShare);
        let instructions = initial.instructions;
        const count = state.best === null ? 0 : 1 + Math.floor(draw(seed, "proposals", step) * proposals);
        for (let i = 0; i < count; i++) {
          const module = modules[Math.floor(draw(seed, "module", step, i) * modules.length)];
          const instruction = instructions[module], ticket = draw(seed, "proposal", step, i);
          const [{ text }] = yield* ask.reflect([
            { kind: "propose", module, instruction, demonstrations: [], tip: "", draw: ticket },
          ]);
          if (text !== undefined) instructions = { ...instructions, [module]: text };
        }
        const rollouts = yield* evaluate(ask, { ...initial, instructions }, validation, 0);
        const score = mean(rollouts.map(({ score }) => score)), better = state.best === null || score > state.best;
        return {
          state: {
            step: step + 1,
            done: ask.left() < validation.length,
            spent: ask.spent(),
            instructions: better ? instructions : state.instructions,
            best: better ? score : state.best,
          },
          metrics: { rewardMean: score, best: better ? score : state.best! },
        };
      },
    };
  },
});
