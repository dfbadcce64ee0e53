/**
 * GEPA, Genetic-Pareto reflective prompt evolution (arXiv 2507.19457).
 *
 * Against GRPO: the policy is frozen, and there are no groups. A pool of prompts evolves. A parent is drawn (algorithm
 * 2), runs on a minibatch, and a language model rewrites one of its modules after reading the transcripts with what the
 * grader says about them. The child joins the pool if it does strictly better on the same minibatch; then it is scored on
 * all validation problems. Parents are drawn by the instances they are best on, not by their average, so that a prompt
 * which solves what no other does is not lost. Merge joins what two lines have changed (`terms/merge.ts`).
 *
 * Parent and child get the same sampling noise, so that a minibatch of 3 compares prompts and not luck. A step is one
 * iteration, and starts only if the budget lasts for its end, the scoring of a child; so the budget is never exceeded,
 * where GEPA's code finishes the iteration in which it runs out. What the paper and its code do differently is an
 * option: redundancy among parents (`dominance`), a test for merges (`mergeAcceptance`), merging at all (`merge`). A child
 * whose text is its parent's is not run: it could only be rejected.
 *
 * ```ts
 * import { gepa } from "@podium/rl/algorithms";
 *
 * const { needs } = gepa.create({ merge: true });
 * if (needs.budget(10) !== 5 + 6 + 5) throw new Error("the seed, one iteration and a child's scoring");
 * ```
 *
 * @module
 */

import type { ContextAlgorithm, ContextModule, ContextState, Setting, Step } from "./algorithm.ts";
import { asking } from "./terms/asking.ts";
import { mutate, scoreInitial, tryMerge } from "./terms/gepa_iteration.ts";
import { gepaOptions } from "./terms/gepa_options.ts";
import { proposeMerge } from "./terms/merge.ts";
import { bestCandidate, paretoDistribution, type SelectionOptions } from "./terms/selection.ts";
import { begin, splitProblems } from "./terms/validation.ts";
import { define } from "../terms/define.ts";
import { mean } from "../terms/statistics.ts";

/** Options of {@linkcode gepa}. Presets: `paper` (default), `merge`, `dspy`, `best`, `epsilon_greedy`. */
export interface GepaOptions extends Partial<SelectionOptions> {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Share of the training problems that prompts are scored on. */
  validationShare?: number;
  /** Problems on which parent and child are compared. */
  minibatchSize?: number;
  /** Score that can't be improved on. */
  perfectScore?: number;
  /** Try to merge lines. */
  merge?: boolean;
  /** Most accepted merges. */
  maxMerges?: number;
  /** Whether a merge is tested before it joins the pool. */
  mergeAcceptance?: "not_worse" | "always";
  /** Validation problems on which a merge is tested. */
  mergeInstances?: number;
}

/** A prompt of the pool. */
export interface Candidate {
  /** Instructions by module. */
  readonly instructions: Readonly<Record<string, string>>;
  /** Score on each validation problem. */
  readonly scores: readonly number[];
  /** Indices of those it was made from: none, one, or two of a merge. */
  readonly parents: readonly number[];
  /** Number, modulo that of modules, of the module that is rewritten next: round-robin along a line. */
  readonly nextModule: number;
  /** Responses sampled when it joined the pool. */
  readonly foundAt: number;
}

/** What {@linkcode gepa} keeps between steps. */
export interface GepaState extends ContextState {
  /** The pool, in order of discovery; the first is the initial prompt. */
  readonly pool: readonly Candidate[];
  /** Minibatches drawn. */
  readonly minibatches: number;
  /** Merges that are due, those that were accepted, and what was tried. */
  readonly merging: {
    readonly due: number;
    readonly accepted: number;
    readonly foundInLastStep: boolean;
    readonly tried: readonly string[];
  };
}

/** GEPA. Needs a reflector and an initial prompt with at least one module. */
export const gepa: ContextModule<GepaOptions> = define<
  GepaOptions,
  Omit<ContextAlgorithm<GepaState>, "name" | "options">
>({
  name: "gepa",
  title: "GEPA, Genetic-Pareto reflective prompt evolution",
  paper: { source: "arXiv 2507.19457", year: 2025 },
  family: "prompt: evolution",
  summary: "A pool of prompts: a reflector rewrites a module after reading graded transcripts, children must beat " +
    "their parent, parents are drawn by the problems they are best on.",
  options: gepaOptions(),
  presets: {
    merge: { merge: true },
    dspy: { merge: true, validationShare: 1 },
    best: { selection: "best" },
    epsilon_greedy: { selection: "epsilon_greedy" },
  },
  refuse: ({ selection, merge }, explicit) =>
    selection !== "epsilon_greedy" && explicit.has("epsilon")
      ? `option "epsilon" is for selection "epsilon_greedy", which is "${selection}"; leave it out`
      : selection !== "pareto" && explicit.has("dominance") && !merge
      ? `option "dominance" is for selection "pareto", which is "${selection}"; leave it out`
      : !merge && ["maxMerges", "mergeAcceptance", "mergeInstances"].some((option) => explicit.has(option))
      ? 'an option is about merges, but "merge" is false; leave it out or use merge true'
      : undefined,
  build: (options) => {
    const { minibatchSize, validationShare, dominance } = options;
    /** Most responses of an iteration: two minibatches and a child's scoring. A merge's test is part of its scoring. */
    const cost = (validation: number) => validation + 2 * minibatchSize;
    const needs = {
      reflector: true,
      problems: validationShare === 1 ? 1 : 2,
      budget: (problems: number) => {
        const { length } = splitProblems(problems, validationShare).validation;
        return length + cost(length);
      },
    };
    function* step(state: GepaState, setting: Setting): Step<GepaState> {
      const { pool, merging, step } = state, { problems, budget, seed } = setting;
      const split = splitProblems(problems.length, validationShare), ask = asking(state.spent, budget);
      const iteration = { state, setting, split, ask, options }, scores = pool.map((candidate) => candidate.scores);
      const merge = merging.due > 0 && merging.foundInLastStep
        ? proposeMerge(
          pool,
          scores,
          paretoDistribution(scores, dominance).survivors,
          new Set(merging.tried),
          seed,
          step,
        )
        : undefined;
      const { found, changes, metrics } = pool.length === 0
        ? yield* scoreInitial(iteration)
        : merge
        ? yield* tryMerge(iteration, merge)
        : yield* mutate(iteration);
      const grown = [...changes.pool ?? pool, ...found ? [found] : []], table = grown.map(({ scores }) => scores);
      return {
        state: {
          ...state,
          ...changes,
          step: step + 1,
          done: ask.left() < cost(split.validation.length),
          spent: ask.spent(),
          pool: grown,
        },
        metrics: {
          ...metrics,
          pool: grown.length,
          best: mean(table[bestCandidate(table)]),
          survivors: paretoDistribution(table, dominance).survivors.length,
        },
      };
    }

    return {
      needs,
      step,
      start: (setting) => {
        const first = begin({ name: "gepa", needs }, setting);
        if (Object.keys(setting.initial.instructions).length === 0) {
          throw new RangeError("gepa: the initial prompt has no instruction; give a module, whose text may be empty");
        }
        const merging = { due: 0, accepted: 0, foundInLastStep: false, tried: [] };
        return { ...first, pool: [], minibatches: 0, merging };
      },
      context: ({ pool }, { initial }) =>
        pool.length === 0
          ? initial
          : { ...initial, instructions: pool[bestCandidate(pool.map(({ scores }) => scores))].instructions },
    };
  },
});
