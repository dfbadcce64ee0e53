/**
 * The scale that a verdict holds for: a claim that fails on a small policy may hold on a large one, and the other way
 * round.
 *
 * @module
 */
import { problemCount, sizeText } from "../leaderboard/format.ts";
import type { Board, Leaderboard, LeaderboardRow } from "../leaderboard/shape.ts";
import type { Range, Scale } from "./claim.ts";

const english = (value: number) => value.toLocaleString("en-US", { maximumSignificantDigits: 15 });

/** The smallest and the largest of some numbers; null of none. */
const rangeOf = (values: readonly number[]): Range | null =>
  values.length === 0 ? null : { least: Math.min(...values), most: Math.max(...values) };

/** A range for people: `1,500`, or `0 to 1,500`. */
export function rangeText({ least, most }: Range): string {
  return least === most ? english(least) : `${english(least)} to ${english(most)}`;
}

/** Learning rates for people; prompts are learned at none. */
export function rateText({ learningRate }: Pick<Scale, "learningRate">): string {
  return learningRate === null ? "no training" : `learning rate ${rangeText(learningRate)}`;
}

/** The policy for people. */
export function policyText({ policy, parameters }: Pick<Scale, "policy" | "parameters">): string {
  return `policy ${policy} with ${sizeText({ parameters })}`;
}

/** Steps for people. */
export function stepsText({ steps, promptsPerStep }: Pick<Scale, "steps" | "promptsPerStep">): string {
  return `${steps} steps of ${promptsPerStep} prompts`;
}

/** The evaluation for people. */
export function evaluationText({ samples, problems }: Pick<Scale, "samples" | "problems">): string {
  return `${samples} responses to each of ${problems} held-out problems`;
}

/** All of it in one line. */
export function scaleText(scale: Scale): string {
  return [
    policyText(scale),
    `task ${scale.task}`,
    stepsText(scale),
    ...scale.responses ? [`${rangeText(scale.responses)} sampled responses`] : [],
    rateText(scale),
    evaluationText(scale),
  ].join(", ");
}

/** The scale of rows that were compared; seeds and the machine are said beside it. */
export function scaleOf({ suite }: Leaderboard, board: Board, rows: readonly LeaderboardRow[]): Scale {
  const { policy: { source, parameters }, task } = board, own = suite.tasks.find((other) => other.task === task)!;
  const { steps, promptsPerStep } = own.training;
  return {
    policy: source,
    parameters,
    task,
    steps,
    promptsPerStep,
    // The policy before training has taken none, which says nothing.
    responses: rangeOf(
      rows.filter(({ algorithm }) => algorithm !== null)
        .flatMap(({ metrics }) => metrics.cost.responses ? Math.round(metrics.cost.responses.mean) : []),
    ),
    learningRate: rangeOf(rows.map(({ learningRate }) => learningRate).filter((rate) => rate !== null)),
    samples: own.evaluation.samples,
    problems: problemCount(own, board),
  };
}
