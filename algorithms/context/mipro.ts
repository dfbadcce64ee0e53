/**
 * MIPROv2, multi-prompt instruction proposal optimizer (arXiv 2406.11695; version 2 is DSPy's).
 *
 * Against GRPO: the policy is frozen, and nothing is learned from what goes wrong. First the policy's own right responses
 * are collected and made into sets of demonstrations; a language model, shown some of them, proposes instructions, the
 * first being the one that is there. Then a surrogate (`terms/tree_parzen.ts`) searches for the best combination of an
 * instruction per module and a set of demonstrations. Trials are scored on minibatches; now and then the best average
 * is scored on all validation problems, and of those that were the best is kept.
 *
 * The first step collects, proposes, and scores the initial prompt; every further step is one trial. A trial starts only
 * if the budget lasts for a full scoring after it. Differences to DSPy: one set of demonstrations per prompt, not per
 * module; the training problems are run once, where DSPy's cache answers repeated runs; a full scoring tells the surrogate
 * which demonstrations were scored, where DSPy (2.6) writes the number of the instruction in their place. Not reproduced:
 * the summaries of data and program that DSPy's proposer also reads.
 *
 * ```ts
 * import { mipro } from "@podium/rl/algorithms";
 *
 * const { needs } = mipro.create({ candidates: 12 });
 * if (needs.budget(40) !== 8 + 32 + 32) throw new Error("collecting, the initial prompt, one trial");
 * ```
 *
 * @module
 */

import type { ContextAlgorithm, ContextModule, ContextState, Setting, Step } from "./algorithm.ts";
import { asking } from "./terms/asking.ts";
import { shuffled } from "./terms/draws.ts";
import { collectCandidates, combine, type MiproCandidates } from "./terms/mipro_candidates.ts";
import { miproOptions } from "./terms/mipro_options.ts";
import { suggestChoices, type Trial } from "./terms/tree_parzen.ts";
import { begin, evaluate, splitProblems } from "./terms/validation.ts";
import { define } from "../terms/define.ts";
import { mean } from "../terms/statistics.ts";

/** Options of {@linkcode mipro}. Presets: `paper` (DSPy's "light"), `medium`, `heavy`, `zero_shot`. */
export interface MiproOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Share of the training problems that prompts are scored on. */
  validationShare?: number;
  /** Most validation problems. */
  maxValidation?: number;
  /** Sets of demonstrations to choose from. */
  candidates?: number;
  /** Combinations tried; `null`: by the number of choices and candidates. */
  trials?: number | null;
  /** Validation problems per trial. */
  minibatchSize?: number;
  /** Validation problems above which trials use minibatches. */
  minibatchAbove?: number;
  /** Trials between full scorings. */
  fullEvery?: number;
  /** Most of the policy's own responses in a set. */
  ownDemonstrations?: number;
  /** Most demonstrations in a set filled up with labelled ones. */
  labelledDemonstrations?: number;
  /** Least score of a demonstration. */
  threshold?: number;
}

/** What {@linkcode mipro} keeps between steps. */
export interface MiproState extends ContextState {
  /** What is chosen among; `null` before the first step. */
  readonly candidates: MiproCandidates | null;
  /** What the surrogate knows: minibatches and full scorings, in order. */
  readonly trials: readonly (Trial & { readonly full: boolean })[];
}

const isSame = (a: Trial, b: Trial) => a.choices.join() === b.choices.join();

/** Of the combinations without a full scoring the one with the best average over its minibatches; the first of equals. */
export function bestAverage(trials: MiproState["trials"]): readonly number[] | undefined {
  const open = trials.filter((trial) => !trials.some((other) => other.full && isSame(other, trial)));
  const averages = open.map((trial) => mean(open.filter((other) => isSame(other, trial)).map(({ score }) => score)));
  return open[averages.indexOf(Math.max(...averages))]?.choices;
}

/** MIPROv2. Needs a reflector. */
export const mipro: ContextModule<MiproOptions> = define<
  MiproOptions,
  Omit<ContextAlgorithm<MiproState>, "name" | "options">
>({
  name: "mipro",
  title: "MIPROv2, multi-prompt instruction proposal optimizer",
  paper: { source: "arXiv 2406.11695", year: 2024 },
  family: "prompt: search",
  summary:
    "Instructions proposed once by a reflector and sets of the policy's own right responses; a Parzen surrogate " +
    "searches for the best combination.",
  options: miproOptions(),
  presets: {
    medium: { candidates: 12, maxValidation: 300 },
    heavy: { candidates: 18, maxValidation: 1000 },
    zero_shot: { ownDemonstrations: 0, labelledDemonstrations: 0 },
  },
  build: (options) => {
    const { minibatchSize, minibatchAbove, fullEvery } = options;
    const split = (count: number) => {
      const { feedback, validation } = splitProblems(count, options.validationShare);
      return { feedback, validation: validation.slice(-options.maxValidation) };
    };
    const usesBatches = (validation: number) => validation > minibatchAbove && validation > minibatchSize;
    /** Most responses of a step: a trial, and a full scoring if the trial was not one. */
    const cost = (validation: number) => validation + (usesBatches(validation) ? minibatchSize : 0);
    const needs = {
      reflector: true,
      problems: options.validationShare === 1 ? 1 : 2,
      budget: (problems: number) => {
        const { feedback, validation } = split(problems);
        return feedback.length + validation.length + cost(validation.length);
      },
    };

    function* step(state: MiproState, setting: Setting): Step<MiproState> {
      const { problems, initial, budget, seed } = setting, ask = asking(state.spent, budget);
      const { feedback, validation } = split(problems.length), batches = usesBatches(validation.length);
      const candidates = state.candidates ?? (yield* collectCandidates(ask, setting, feedback, options));
      const sizes = [...Object.values(candidates.instructions), candidates.sets].map(({ length }) => length);
      const trials = [...state.trials];

      function* score(choices: readonly number[], full: boolean) {
        const number = trials.length,
          known = trials.find((trial) => trial.full && isSame(trial, { choices, score: 0 }));
        // The same prompt on the same problems with the same noise: the reply is known.
        if (full && known) return void trials.push(known);
        const order = shuffled(validation.length, seed, "trial", number).slice(0, minibatchSize);
        const chosen = full ? validation : order.map((i) => validation[i]);
        const rollouts = yield* evaluate(ask, combine(candidates, choices, initial), chosen, full ? 0 : 1 + number);
        trials.push({ choices, full, score: mean(rollouts.map(({ score }) => score)) });
      }

      // The first step scores the initial prompt, the others a combination each.
      if (state.candidates === null) yield* score(sizes.map(() => 0), true);
      else yield* score(suggestChoices(trials, sizes, seed, trials.length), !batches);
      const choices = sizes.filter((size) => size > 1).length, { log2, max } = Math;
      const planned = options.trials ?? max(2 * choices * log2(options.candidates), 1.5 * options.candidates);
      const done = state.step + 1 > Math.floor(planned) || ask.left() < cost(validation.length);
      const chosen = bestAverage(trials);
      if (chosen && (done || state.step % fullEvery === 0)) yield* score(chosen, true);
      const full = trials.filter((trial) => trial.full).map(({ score }) => score);
      return {
        state: {
          step: state.step + 1,
          done: done || ask.left() < cost(validation.length),
          spent: ask.spent(),
          candidates,
          trials,
        },
        metrics: { rewardMean: trials[state.trials.length].score, best: max(...full), fullScorings: full.length },
      };
    }

    return {
      needs,
      step,
      start: (setting) => ({ ...begin({ name: "mipro", needs }, setting), candidates: null, trials: [] }),
      context: ({ candidates, trials }, { initial }) => {
        const full = trials.filter((trial) => trial.full), best = Math.max(...full.map(({ score }) => score));
        const found = full.find(({ score }) => score === best);
        return candidates && found ? combine(candidates, found.choices, initial) : initial;
      },
    };
  },
});
