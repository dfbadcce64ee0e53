/**
 * The semantic group advantage (arXiv 2510.08191 §2.2): what a reflector makes of groups of responses, as operations on the
 * experiences.
 *
 * @module
 */

import type { Context, ContextProblem, Reflection, Reply, Rollout, Round } from "../algorithm.ts";
import type { ExperienceOperation } from "../experience_library.ts";
import type { Resolved } from "../../terms/options.ts";
import type { TrainingFreeGrpoOptions } from "../training_free_grpo.ts";
import { type Ask, attemptOf } from "./asking.ts";

/** Responses to one problem. */
export interface Group {
  readonly problem: ContextProblem;
  readonly rollouts: readonly Rollout[];
}

/**
 * What the groups propose, in their order. A response whose summary fails is left out of its group, and a group that
 * `teaches` nothing any more is not compared.
 */
export function* semanticAdvantages(
  ask: Ask,
  groups: readonly Group[],
  experiences: Context["experiences"],
  teaches: (rollouts: readonly Rollout[]) => boolean,
  { groundTruth, summarize, operationsPerGroup, maxWords }: Resolved<TrainingFreeGrpoOptions>,
): Generator<Round, ExperienceOperation[], readonly Reply[]> {
  const goldOf = ({ gold }: ContextProblem) => groundTruth && gold !== undefined ? { gold } : {};
  const attemptsOf = ({ problem, rollouts }: Group) =>
    rollouts.map((rollout) => attemptOf(problem, rollout, groundTruth));

  let compared = groups;
  if (summarize) {
    const summaries = yield* ask.reflect(groups.flatMap((group) =>
      attemptsOf(group).map((attempt) => ({
        kind: "summarize" as const,
        attempt,
        ...goldOf(group.problem),
        experiences,
      }))
    ));
    const next = summaries.values();
    compared = groups.map(({ problem, rollouts }) => ({
      problem,
      rollouts: rollouts.flatMap((rollout) => {
        const { text } = next.next().value as Reflection;
        return text === undefined ? [] : [{ ...rollout, response: text }];
      }),
    })).filter(({ rollouts }) => rollouts.length > 0 && teaches(rollouts));
  }
  const critiques = yield* ask.reflect(compared.map((group) => ({
    kind: "critique" as const,
    attempts: attemptsOf(group),
    ...goldOf(group.problem),
    experiences,
    limit: operationsPerGroup,
    maxWords,
  })));
  return critiques.flatMap(({ operations = [] }) => operations.slice(0, operationsPerGroup));
}
