/**
 * Few-shot prompting (Brown et al. 2020, arXiv 2005.14165): worked examples before the question, and nothing else.
 *
 * The baseline of the family: no search, no reflector. Against GRPO it learns nothing from being wrong. The examples are
 * labelled ones of the training problems, which cost no response, or the policy's own right responses (bootstrapping, as
 * in DSPy), for which problems are tried in random order until there are enough.
 *
 * ```ts
 * import { fewShot, learnContext } from "@podium/rl/algorithms";
 *
 * const problems = [{ question: "1+1", solution: "2" }, { question: "2+2", solution: "4" }];
 * const initial = { instructions: {}, experiences: [], demonstrations: [] };
 * const models = { rollOut: () => Promise.reject(new Error("nobody is asked")) };
 * const { context } = await learnContext(fewShot.create({ shots: 2 }), { problems, initial, budget: 0, seed: 1 }, models);
 * if (context.demonstrations.length !== 2) throw new Error("unexpected examples");
 * ```
 *
 * @module
 */

import type { ContextAlgorithm, ContextModule, ContextState, Demonstration } from "./algorithm.ts";
import { asking } from "./terms/asking.ts";
import { bootstrapped, labelled } from "./terms/demonstration_sets.ts";
import { shuffled } from "./terms/draws.ts";
import { begin } from "./terms/validation.ts";
import { define } from "../terms/define.ts";
import { oneOf, wholeNumber } from "../terms/options.ts";
import { mean } from "../terms/statistics.ts";

/** Options of {@linkcode fewShot}. Presets: `paper` (default), `bootstrapped`. */
export interface FewShotOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Worked examples. */
  shots?: number;
  /** Where they come from. */
  source?: "labelled" | "bootstrapped";
}

/** What {@linkcode fewShot} keeps between steps. */
export interface FewShotState extends ContextState {
  /** The worked examples so far. */
  readonly demonstrations: readonly Demonstration[];
}

/** Few-shot prompting. Needs problems with solutions, or a budget for the policy's own. */
export const fewShot: ContextModule<FewShotOptions> = define<
  FewShotOptions,
  Omit<ContextAlgorithm<FewShotState>, "name" | "options">
>({
  name: "few_shot",
  title: "Few-shot prompting",
  paper: { source: "arXiv 2005.14165", year: 2020 },
  family: "prompt: demonstrations",
  summary: "Worked examples before the question: labelled ones, or the policy's own right responses. No reflector.",
  options: {
    shots: {
      default: 4,
      description: "worked examples",
      source: "DSPy max_labeled_demos and max_bootstrapped_demos of MIPROv2",
      check: wholeNumber(1),
    },
    source: {
      default: "labelled",
      description: "labelled: right responses that come with the problems; bootstrapped: the policy's own right ones",
      source: "arXiv 2005.14165; bootstrapped: DSPy BootstrapFewShot",
      check: oneOf(["labelled", "bootstrapped"]),
    },
  },
  presets: { bootstrapped: { source: "bootstrapped" } },
  build: ({ shots, source }) => {
    const own = source === "bootstrapped", needs = { reflector: false, problems: 1, budget: () => own ? 1 : 0 };
    return {
      needs,
      start: (setting) => {
        const first = begin({ name: "few_shot", needs }, setting);
        const { length } = labelled(setting.problems);
        if (!own && length < shots) {
          throw new RangeError(
            `few_shot: ${length} training problems come with a solution; give ${shots} or use source "bootstrapped"`,
          );
        }
        return { ...first, demonstrations: [] };
      },
      context: ({ demonstrations }, { initial }) => ({
        ...initial,
        demonstrations: [...initial.demonstrations, ...demonstrations],
      }),
      *step(state, { problems, initial, budget, seed }) {
        const ask = asking(state.spent, budget);
        const order = shuffled(problems.length, seed, "few shot");
        // As many problems per step as examples are missing: no response is sampled that could not be used.
        const missing = shots - state.demonstrations.length, first = state.spent.responses;
        const batch = order.slice(first, first + Math.min(missing, ask.left()));
        const rollouts = yield* ask.rollOut(
          own ? batch.map((problem) => ({ problem, context: initial, draw: 0 })) : [],
        );
        const found = own
          ? bootstrapped(batch.map((problem) => problems[problem]), rollouts, 1)
          : labelled(order.map((problem) => problems[problem])).slice(0, shots);
        const demonstrations = [...state.demonstrations, ...found], { responses } = ask.spent();
        return {
          state: {
            step: state.step + 1,
            done: demonstrations.length === shots || responses >= Math.min(budget, problems.length),
            spent: ask.spent(),
            demonstrations,
          },
          metrics: {
            demonstrations: demonstrations.length,
            ...own && { rewardMean: mean(rollouts.map(({ score }) => score)) },
          },
        };
      },
    };
  },
});
