/**
 * The leaderboard as an aligned table for a terminal.
 *
 * @module
 */
import { fixed, interval, percent, thousands } from "./format.ts";
import type { Leaderboard, LeaderboardRow } from "./leaderboard.ts";

/** Lines of cells, columns padded to their widest cell: those in `left` to the left, the others to the right. */
export function align(lines: readonly (readonly string[])[], left: readonly number[] = [0, 1]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line.map((cell, column) => left.includes(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))
      .join("  ")
      .trimEnd()
  ).join("\n");
}

/** The table; the policy before training stands first. */
export function leaderboardTable({ suite, base, rows }: Leaderboard): string {
  const { samples } = suite.evaluation;
  const columns: [title: string, cell: (row: LeaderboardRow) => string][] = [
    ["", ({ rank }) => rank === null ? "" : `${rank}`],
    ["algorithm", ({ label }) => label],
    [`avg@${samples} % [95 %]`, ({ metrics }) => interval(metrics.accuracy.average)],
    ["greedy %", ({ metrics }) => percent(metrics.accuracy.greedy)],
    [`pass@${samples} %`, ({ metrics }) => percent(metrics.accuracy.pass[samples] ?? null)],
    ["length", ({ metrics }) => fixed(1)(metrics.length.mean)],
    ["cut %", ({ metrics }) => percent(metrics.length.truncated)],
    ["final/best", ({ metrics }) => fixed(2)(metrics.stability.finalOverBest)],
    ["entropy", ({ metrics }) => fixed(2)(metrics.stability.entropyLast)],
    ["no signal %", ({ metrics }) => percent(metrics.stability.groupsWithoutSignal)],
    ["trained", ({ metrics }) => thousands(metrics.cost.tokensTrained)],
    ["seconds", ({ metrics }) => fixed(1)(metrics.cost.seconds)],
    ["seeds", ({ seeds }) => `${seeds.filter(({ hash }) => hash !== null).length}/${seeds.length}`],
  ];
  return align([
    columns.map(([title]) => title),
    ...[base, ...rows].map((row) => columns.map(([, cell]) => cell(row))),
  ]);
}
