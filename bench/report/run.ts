/**
 * A run as the page shows it: a leaderboard, and what lies beside it.
 *
 * @module
 */
import { pointer } from "./numbers.ts";
import type { Board, Comparison, Leaderboard, LeaderboardRow } from "../leaderboard/shape.ts";
import type { TaskPrompts } from "./prompts.ts";
import type { TaskResponses } from "./responses.ts";

/** One run of the page. */
export interface ReportRun {
  /** What the page calls it. */
  name: string;
  /** The directory or file it was read from, as the reader may type it. */
  source: string;
  /** The directory of its records; null where only the leaderboard was given. */
  directory: string | null;
  /** The leaderboard. */
  leaderboard: Leaderboard;
  /** Real responses, by task; empty where the records are not there. */
  responses: TaskResponses[];
  /** Learned prompts, by task; empty where there are none, or no records. */
  prompts: TaskPrompts[];
}

/** What one setting of the task switch shows: one task, or all of them. */
export interface View {
  /** Name in the switch: a task, or {@linkcode allTasks}. */
  key: string;
  /** Words for it. */
  title: string;
  /** The comparison. */
  comparison: Comparison;
  /** Its JSON Pointer. */
  path: string;
  /** Boards that count in it. */
  boards: PlacedBoard[];
}

/** A board and where it stands. */
export interface PlacedBoard {
  /** The board. */
  board: Board;
  /** Its JSON Pointer. */
  path: string;
}

/** Key of the view over all tasks. */
export const allTasks = "*";

/** Boards with their places. */
export function boardsOf({ boards }: Leaderboard): PlacedBoard[] {
  return boards.map((board, index) => ({ board, path: pointer("boards", index) }));
}

/** All tasks together first, then each; with one task that one alone. */
export function viewsOf(leaderboard: Leaderboard): View[] {
  const boards = boardsOf(leaderboard);
  const single = boards.map((placed): View => ({
    key: placed.board.task,
    title: placed.board.task,
    comparison: placed.board.comparison,
    path: `${placed.path}/comparison`,
    boards: [placed],
  }));
  if (single.length === 1) return single;
  const all: View = { key: allTasks, title: "all tasks", comparison: leaderboard.overall, path: "/overall", boards };
  return [all, ...single];
}

/** Labels of all rows: those that were compared in the order of their standing, then the others. */
export function labelsOf({ overall, boards }: Leaderboard): string[] {
  return [
    ...new Set([
      ...overall.standings.map(({ label }) => label),
      ...boards.flatMap(({ rows }) => rows.map(({ label }) => label)),
    ]),
  ];
}

/** The row of a label on a board, and its JSON Pointer; undefined if it was not run there. */
export function rowAt({ board, path }: PlacedBoard, label: string): { row: LeaderboardRow; path: string } | undefined {
  const index = board.rows.findIndex((row) => row.label === label);
  return index < 0 ? undefined : { row: board.rows[index], path: path + pointer("rows", index) };
}

/** What a standing says of its algorithm, and where each number of it stands. */
export interface Estimate {
  /** The score, 1 where all is right. */
  value: number;
  /** Lower end of its 95 % interval; null where there is none. */
  low: number | null;
  /** Upper end. */
  high: number | null;
  /** JSON Pointers of the three. */
  paths: { value: string; low: string; high: string };
}

/**
 * The score of a view's standing: on one task the mean as in the table of that task, its interval over seeds and
 * problems; over several the interquartile mean, its interval over seeds and tasks.
 */
export function estimateOf({ boards, comparison, path }: View, index: number): Estimate {
  const { label, score } = comparison.standings[index];
  const found = boards.length === 1 ? rowAt(boards[0], label) : undefined;
  const average = found?.row.metrics.accuracy.average;
  const below = average ? `${found!.path}/metrics/accuracy/average` : `${path}${pointer("standings", index)}/score`;
  const { low, high } = average ?? score, name = average ? "mean" : "value";
  const paths = { value: `${below}/${name}`, low: `${below}/low`, high: `${below}/high` };
  return { value: average?.mean ?? score.value, low, high, paths };
}

/** Value of `data-when`: the parts of the page that belong to a view are shown in these settings of the task switch. */
export const whenTask = (...keys: string[]): string => `task:${keys.join("|")}`;
