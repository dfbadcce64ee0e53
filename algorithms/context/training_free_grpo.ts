/**
 * Training-Free GRPO (arXiv 2510.08191): GRPO's groups, with advice in place of gradients.
 *
 * Against GRPO: the policy is frozen. Where GRPO turns the rewards of a group into a numerical advantage, a language
 * model compares the responses of the group in words (the semantic advantage, §2.2) and proposes what to change in a
 * library of short experiences that stands in the prompt. As in GRPO a group whose responses are all equally good has
 * nothing to teach. Once per batch the proposals of all groups are made into one plan of operations, Add, Delete,
 * Modify and Keep.
 *
 * One step is one batch: rollouts, summaries, critiques, one consolidation. The defaults are the paper's for
 * mathematics; `web` is its other setting. What the published code does otherwise: ids are numbered anew after every
 * update (`ids`), a deletion without text is lost and an update of an unknown id adds (`semantics`), proposed additions
 * enter the library before the plan that is to clean it up, so that a plan that fails keeps them (`addFirst`, the
 * paper's branch). Not reproduced: the main branch's extra call that aligns the advice of each group with the library.
 *
 * Ablations of the paper's table 3 as presets: `no_group` (every response alone) and `no_ground_truth` (no rewards, no
 * gold answers: all groups teach, and the reflector may count votes).
 *
 * ```ts
 * import { trainingFreeGrpo } from "@podium/rl/algorithms";
 *
 * const { options } = trainingFreeGrpo.create({ preset: "web" });
 * if (options.groupSize !== 3 || options.batchSize !== 4) throw new Error("unexpected setting");
 * ```
 *
 * @module
 */

import type { Context, ContextAlgorithm, ContextModule, ContextState, Rollout } from "./algorithm.ts";
import { applyPlan, type ExperienceOperation, type Library, type LibrarySemantics } from "./experience_library.ts";
import { asking } from "./terms/asking.ts";
import { shuffled } from "./terms/draws.ts";
import { semanticAdvantages } from "./terms/semantic_advantage.ts";
import { trainingFreeOptions } from "./terms/training_free_options.ts";
import { begin } from "./terms/validation.ts";
import { define } from "../terms/define.ts";
import { allEqual, mean } from "../terms/statistics.ts";

/** Options of {@linkcode trainingFreeGrpo}. Presets: `paper`, `web`, `code_main_branch`, `code_main_branch_web`, `code_paper_branch`, `no_group`, `no_ground_truth`. */
export interface TrainingFreeGrpoOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
  /** Passes over the training problems; fewer if the budget ends before. */
  epochs?: number;
  /** Problems per step. */
  batchSize?: number;
  /** Responses per problem. */
  groupSize?: number;
  /** Which groups teach: those with winners and losers, or all. */
  learnFrom?: "contrast" | "all";
  /** Whether reflectors see rewards, gold answers and the grader's words. */
  groundTruth?: boolean;
  /** Retell every response before a group is compared. */
  summarize?: boolean;
  /** Most operations that one group proposes. */
  operationsPerGroup?: number;
  /** Words after which an entry is cut. */
  maxWords?: number;
  /** Most entries of the library; `null`: any number. */
  maxEntries?: number | null;
  /** How operations that are not well formed are taken. */
  semantics?: LibrarySemantics;
  /** Whether an id stays with its entry. */
  ids?: "stable" | "renumbered";
  /** Put proposed additions into the library before the plan is made. */
  addFirst?: boolean;
}

/** What {@linkcode trainingFreeGrpo} keeps between steps. */
export interface TrainingFreeGrpoState extends ContextState {
  /** Passes done. */
  readonly epoch: number;
  /** Problems of this pass that are done. */
  readonly position: number;
  /** The experiences. */
  readonly library: Library;
}

const needsTwo = 'leave it out or use learnFrom "all"';

/** Training-Free GRPO. Needs a reflector, and groups of at least 2 unless all groups teach. */
export const trainingFreeGrpo: ContextModule<TrainingFreeGrpoOptions> = define<
  TrainingFreeGrpoOptions,
  Omit<ContextAlgorithm<TrainingFreeGrpoState>, "name" | "options">
>({
  name: "training_free_grpo",
  title: "Training-Free GRPO",
  paper: { source: "arXiv 2510.08191", year: 2025 },
  family: "prompt: experiences",
  summary:
    "GRPO's groups with a frozen policy: a reflector compares winners with losers in words and keeps a library " +
    "of short experiences, which stands in the prompt.",
  options: trainingFreeOptions(),
  presets: {
    // The paper's text has groups of 3 for the web, its code 5.
    web: { batchSize: 4, groupSize: 3 },
    code_paper_branch: { semantics: "code_main_branch", ids: "renumbered", addFirst: true },
    code_main_branch: {
      epochs: 1,
      batchSize: 50,
      operationsPerGroup: 1,
      semantics: "code_main_branch",
      ids: "renumbered",
    },
    code_main_branch_web: {
      batchSize: 50,
      groupSize: 3,
      operationsPerGroup: 2,
      semantics: "code_main_branch",
      ids: "renumbered",
    },
    no_group: { groupSize: 1, learnFrom: "all" },
    no_ground_truth: { groundTruth: false, learnFrom: "all" },
  },
  refuse: ({ learnFrom, groupSize, groundTruth }) =>
    learnFrom === "all"
      ? undefined
      : groupSize === 1
      ? `option "groupSize" is 1, which has no winners beside losers; ${needsTwo}`
      : !groundTruth
      ? `option "groundTruth" is false, so nobody knows winners from losers; ${needsTwo}`
      : undefined,
  build: (options) => {
    const { groupSize, batchSize, maxWords, maxEntries } = options;
    const needs = { reflector: true, problems: 1, budget: () => groupSize };
    const teaches = (rollouts: readonly Rollout[]) =>
      options.learnFrom === "all" || !allEqual(rollouts.map(({ score }) => score));
    const context = ({ library }: Pick<TrainingFreeGrpoState, "library">, initial: Context): Context => ({
      ...initial,
      experiences: library.entries.map(({ id, text }) => ({ id, text })),
    });
    return {
      needs,
      start: (setting) => ({
        ...begin({ name: "training_free_grpo", needs }, setting),
        epoch: 0,
        position: 0,
        library: {
          entries: setting.initial.experiences.map(({ text }, i) => ({ id: `G${i}`, text, since: 0, changed: 0 })),
          next: setting.initial.experiences.length,
        },
      }),
      context: (state, { initial }) => context(state, initial),
      *step(state, { problems, initial, budget, seed }) {
        const { epoch, position, step } = state, shown = context(state, initial), { experiences } = shown;
        const ask = asking(state.spent, budget);
        const groups = Math.min(batchSize, Math.floor(ask.left() / groupSize));
        const batch = shuffled(problems.length, seed, "order", epoch).slice(position, position + groups);
        const rollouts = yield* ask.rollOut(
          batch.flatMap((problem) =>
            Array.from({ length: groupSize }, (_, i) => ({ problem, context: shown, draw: epoch * groupSize + i }))
          ),
        );
        const grouped = batch.map((problem, i) => ({
          problem: problems[problem],
          rollouts: rollouts.slice(i * groupSize, (i + 1) * groupSize),
        }));

        const teaching = grouped.filter(({ rollouts }) => teaches(rollouts));
        const proposals = yield* semanticAdvantages(ask, teaching, experiences, teaches, options);

        const how = { semantics: options.semantics, ids: options.ids, step, maxWords, maxEntries };
        const isAddition = ({ operation = "ADD" }: ExperienceOperation) => operation === "ADD";
        const candidate = options.addFirst
          // Numbered anew once, after the plan: within an update the code calls additions by names of their own.
          ? applyPlan(state.library, proposals.filter(isAddition), { ...how, ids: "stable" })
          : { library: state.library, counts: null };
        const [consolidation] = yield* ask.reflect(
          proposals.length === 0 ? [] : [{
            kind: "consolidate" as const,
            experiences: candidate.library.entries.map(({ id, text }) => ({ id, text })),
            proposals: options.addFirst ? proposals.filter((proposal) => !isAddition(proposal)) : proposals,
            maxWords,
            maxEntries,
          }],
        );
        const { library, counts } = applyPlan(candidate.library, consolidation?.operations ?? [], how);

        const ended = position + batch.length >= problems.length;
        const next = { epoch: epoch + (ended ? 1 : 0), position: ended ? 0 : position + batch.length };
        return {
          state: {
            step: step + 1,
            done: next.epoch >= options.epochs || ask.left() < groupSize,
            spent: ask.spent(),
            ...next,
            library,
          },
          metrics: {
            rewardMean: mean(rollouts.map(({ score }) => score)),
            groupsWithoutSignal: 1 - teaching.length / batch.length,
            proposals: proposals.length,
            added: counts.added + (candidate.counts?.added ?? 0),
            updated: counts.updated,
            deleted: counts.deleted,
            merged: counts.merged,
            idle: counts.idle,
            entries: library.entries.length,
            words: library.entries.reduce((sum, { text }) => sum + text.trim().split(/\s+/).length, 0),
          },
        };
      },
    };
  },
});
