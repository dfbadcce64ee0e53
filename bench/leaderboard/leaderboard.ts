/**
 * The leaderboard: built from records, checked against its schema, written and read. Its shape is `shape.ts`.
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import { type Benchmark, parseBenchmark } from "../benchmark.ts";
import { Refusal } from "../outcomes.ts";
import type { Plan } from "../parts.ts";
import { writeAtomically } from "../records.ts";
import { validated } from "../schema.ts";
import type { Suite } from "../suite.ts";
import type { Tuned } from "../sweep.ts";
import { compare } from "./comparison.ts";
import schema from "./leaderboard.schema.json" with { type: "json" };
import { baseRow, readCell, rowOf } from "./rows.ts";
import type { Board, Leaderboard, LeaderboardRow, RunEnvironment } from "./shape.ts";

export type * from "./shape.ts";

/** A task of a run, planned: with the learning rates that were chosen for it. */
export interface PlannedTask {
  /** The suite that is compared. */
  suite: Suite;
  /** Its cells. */
  plan: Plan;
  /** How its learning rates were chosen; null without a sweep. */
  tuned: Tuned[] | null;
}

/** Best first: by rank, then by mean avg@k; what was not compared comes last. */
function byRank(a: LeaderboardRow, b: LeaderboardRow): number {
  const mean = (row: LeaderboardRow) => row.metrics.accuracy.average?.mean ?? -1;
  return (a.rank ?? Infinity) - (b.rank ?? Infinity) || mean(b) - mean(a) || 0;
}

/** The board of one task from the records below `directory`. */
async function boardOf({ suite, plan, tuned }: PlannedTask, directory: string): Promise<Board> {
  const cells = await Promise.all(plan.cells.map((planned) => readCell(planned, `${directory}/${planned.cell.id}`)));
  const { samples } = suite.evaluation;
  const labels = [...new Set(cells.map(({ label }) => label))];
  const noteOf = (label: string) => suite.algorithms.find((entry) => (entry.label ?? entry.name) === label)?.note;
  const rows = labels.map((label) =>
    rowOf(label, noteOf(label), cells.filter((read) => read.label === label), samples)
  );
  const comparison = compare([{ task: suite.task, rows }], suite.seeds);
  for (const row of rows) row.rank = comparison.standings.find(({ label }) => label === row.label)?.rank ?? null;
  return {
    task: suite.task,
    data: plan.data,
    policy: plan.policy,
    tuned,
    base: baseRow(cells, samples),
    rows: rows.sort(byRank),
    comparison,
  };
}

/** Builds the leaderboard of a run from the records below `directory`, finished or not. */
export async function buildLeaderboard(
  suite: Benchmark,
  tasks: readonly PlannedTask[],
  directory: string,
  machine: RunEnvironment,
): Promise<Leaderboard> {
  const boards: Board[] = [];
  for (const task of tasks) boards.push(await boardOf(task, directory));
  return {
    format: 2,
    suite,
    environment: { ...machine, backend: boards[0].policy.backend },
    boards,
    overall: boards.length === 1 ? boards[0].comparison : compare(boards, suite.tasks[0].seeds),
  };
}

/** A list of numbers as `JSON.stringify` breaks it: a line each. */
const numbersByLine = /\[\n\s+(?:(?:-?[\d.e+-]+|null),?\n\s+)+\]/gi;

/** The text of a leaderboard: indented, but a list of numbers is one line, as it has up to a hundred of them. */
export function leaderboardText(leaderboard: Leaderboard): string {
  const text = JSON.stringify(leaderboard, null, 2);
  return text.replace(numbersByLine, (list) => list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]")) + "\n";
}

/** Checks a leaderboard against its schema and writes it atomically. */
export async function writeLeaderboard(path: string, leaderboard: Leaderboard): Promise<void> {
  validated(schema, JSON.parse(JSON.stringify(leaderboard)), path);
  await writeAtomically(path, leaderboardText(leaderboard));
}

/**
 * Reads a leaderboard and checks it against its schema.
 *
 * @throws {Refusal} one sentence naming the file, if it is not one.
 */
export async function readLeaderboard(path: string): Promise<Leaderboard> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new Refusal(`${path}: can't be read (${reasonOf(error)}); give the leaderboard.json of a run.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${path}: not JSON (${(error as Error).message}); give the leaderboard.json of a run.`);
  }
  if ((value as { format?: unknown } | null)?.format === 1) {
    throw new Refusal(`${path}: a leaderboard of format 1, of an earlier version of Podium; run its suite again.`);
  }
  const leaderboard = validated<Leaderboard>(schema, value, `${path} is not a leaderboard`);
  parseBenchmark(leaderboard.suite, `${path}, /suite`);
  return leaderboard;
}
