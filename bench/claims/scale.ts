/**
 * The scale that a verdict holds for: a claim that fails on a small policy may hold on a large one, and the other way
 * round.
 *
 * @module
 */
import { problemCount, processors } from "../leaderboard/format.ts";
import type { Board, Leaderboard, LeaderboardRow } from "../leaderboard/shape.ts";

const english = (value: number) => Math.round(value).toLocaleString("en-US");

/** The smallest and the largest of some numbers as people write them, or the only one. */
function range(values: readonly number[]): string {
  const least = Math.min(...values), most = Math.max(...values);
  return english(least) === english(most) ? english(least) : `${english(least)} to ${english(most)}`;
}

/** The smallest and the largest learning rate, or the only one; prompts are learned at none. */
function rates(rows: readonly LeaderboardRow[]): string {
  const given = rows.map(({ learningRate }) => learningRate).filter((rate) => rate !== null);
  const distinct = [...new Set(given)].sort((a, b) => a - b);
  if (distinct.length === 0) return "no training";
  return `learning rate ${distinct[0]}` + (distinct.length === 1 ? "" : ` to ${distinct.at(-1)}`);
}

/** Policy, task, steps, responses, learning rate, evaluation and machine; seeds are said beside it. */
export function settingOf({ suite, environment }: Leaderboard, board: Board, rows: readonly LeaderboardRow[]): string {
  const { policy, task } = board, own = suite.tasks.find((other) => other.task === task)!;
  const { steps, promptsPerStep } = own.training;
  // The policy before training has taken none, which says nothing.
  const responses = rows.filter(({ algorithm }) => algorithm !== null)
    .flatMap(({ metrics }) => metrics.cost.responses?.mean ?? []);
  return [
    `policy ${policy.source} with ${english(policy.parameters)} parameters`,
    `task ${task}`,
    `${steps} steps of ${promptsPerStep} prompts`,
    ...responses.length > 0 ? [`${range(responses)} sampled responses`] : [],
    rates(rows),
    `${own.evaluation.samples} responses to each of ${problemCount(own, board)} held-out problems`,
    processors(environment),
  ].join(", ");
}
