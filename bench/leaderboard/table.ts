/**
 * The leaderboard as aligned tables for a terminal: one per task, with several tasks the ranking over all of them, and
 * what the comparison says.
 *
 * @module
 */
import { fixed, interval, intervalOf, none, percent, price, thousands } from "./format.ts";
import type { Board, Comparison, Leaderboard, LeaderboardRow } from "./shape.ts";

/** Lines of cells, columns padded to their widest cell: those in `left` to the left, the others to the right. */
export function align(lines: readonly (readonly string[])[], left: readonly number[] = [0, 1]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line.map((cell, column) => left.includes(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))
      .join("  ")
      .trimEnd()
  ).join("\n");
}

/** A rank for people: `1=` where it is shared. */
export function rankText(label: string, { standings }: Comparison): string {
  const standing = standings.find((other) => other.label === label);
  return standing ? `${standing.rank}${standing.tied ? "=" : ""}` : "";
}

/** What was asked for beside sampling, and what models behind endpoints cost; columns that say something. */
function askedColumns(rows: readonly LeaderboardRow[]): [title: string, cell: (row: LeaderboardRow) => string][] {
  const columns = [
    ["reflections", "reflections", fixed(0)],
    ["in vain", "reflectionFailures", fixed(0)],
    ["their tokens", "reflectorTokens", thousands],
    ["their price", "reflectorMoney", price],
    ["policy's price", "policyMoney", price],
    ["price in all", "money", price],
  ] as const;
  const some = (name: typeof columns[number][1]) => rows.some(({ metrics: { cost } }) => (cost[name]?.mean ?? 0) > 0);
  return columns.filter(([, name]) => some(name) && (name !== "money" || some("policyMoney")))
    .map(([title, name, format]) => [title, ({ metrics: { cost } }) => format(cost[name] ?? null)]);
}

/** The table of one task; the policy before training stands first. */
export function boardTable({ base, rows, tuned, comparison }: Board, samples: number): string {
  const columns: [title: string, cell: (row: LeaderboardRow) => string][] = [
    ["", ({ label, algorithm }) => algorithm === null ? "" : rankText(label, comparison)],
    ["algorithm", ({ label }) => label],
    [`avg@${samples} % [95 %]`, ({ metrics }) => interval(metrics.accuracy.average)],
    ["greedy %", ({ metrics }) => percent(metrics.accuracy.greedy)],
    [`pass@${samples} %`, ({ metrics }) => percent(metrics.accuracy.pass[samples] ?? null)],
    ["length", ({ metrics }) => fixed(1)(metrics.length.mean)],
    ["cut %", ({ metrics }) => percent(metrics.length.truncated)],
    ["final/best", ({ metrics }) => fixed(2)(metrics.stability.finalOverBest)],
    ["entropy", ({ metrics }) => fixed(2)(metrics.stability.entropyLast)],
    ["KL", ({ metrics }) => fixed(2)(metrics.stability.kl)],
    ["no signal %", ({ metrics }) => percent(metrics.stability.groupsWithoutSignal)],
    ...askedColumns(rows),
    ["trained", ({ metrics }) => thousands(metrics.cost.tokensTrained)],
    ["seconds", ({ metrics }) => fixed(1)(metrics.cost.seconds)],
    ...tuned ? [["rate", ({ learningRate }) => learningRate?.toExponential() ?? ""] as typeof columns[number]] : [],
    ["seeds", ({ seeds }) => `${seeds.filter(({ hash }) => hash !== null).length}/${seeds.length}`],
  ];
  return align([
    columns.map(([title]) => title),
    ...[base, ...rows].map((row) => columns.map(([, cell]) => cell(row))),
  ]);
}

/** The ranking over several tasks. */
function overallTable({ boards, overall }: Leaderboard): string {
  const average = (board: Board, label: string) =>
    board.rows.find((row) => row.label === label)?.metrics.accuracy.average ?? null;
  return align([
    ["", "algorithm", "interquartile mean % [95 %]", ...boards.map(({ task }) => `${task} %`)],
    ...overall.standings.map(({ label, score }) => [
      rankText(label, overall),
      label,
      intervalOf(score),
      ...boards.map((board) => percent(average(board, label))),
    ]),
    ...overall.left.map(({ label }) => [
      "",
      label,
      none,
      ...boards.map((board) => percent(average(board, label))),
    ]),
  ]);
}

/** All tables, and the verdict below them. */
export function leaderboardTable(leaderboard: Leaderboard): string {
  const { suite, boards, overall } = leaderboard;
  const tables = boards.map((board, index) => {
    const table = boardTable(board, suite.tasks[index].evaluation.samples);
    return boards.length === 1 ? table : `${board.task}\n${table}`;
  });
  if (boards.length > 1) tables.push(`all tasks\n${overallTable(leaderboard)}`);
  const left = overall.left.map(({ label, reason }) => `Not compared: ${label} (${reason}).`);
  return [...tables, [overall.verdict, ...left].join("\n")].join("\n\n");
}
