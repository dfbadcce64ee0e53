/**
 * The standings of a leaderboard as a LaTeX table, to be read with `\input`; it needs the package booktabs.
 *
 * @module
 */
import { fixed, interval, intervalOf, none, percent } from "../leaderboard/format.ts";
import type { Leaderboard, LeaderboardRow } from "../leaderboard/shape.ts";
import { rankText } from "../leaderboard/table.ts";

const commands: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
};

/** Text with everything that LaTeX takes for a command made harmless. */
export function latexEscaped(text: string): string {
  return text.replace(/[\\~^{}$&#%_]/g, (sign) => commands[sign] ?? `\\${sign}`);
}

/** A cell: an interval at its end in smaller type, so that four of them are not wider than a column of text. */
const cellText = (text: string) => latexEscaped(text).replace(/ (\[.*\])$/, "\\,{\\scriptsize $1}");

/** Columns of a leaderboard of one task. */
function boardLines({ suite, boards: [{ base, rows, comparison }] }: Leaderboard): string[][] {
  const { samples } = suite.tasks[0].evaluation;
  const columns: [title: string, cell: (row: LeaderboardRow) => string][] = [
    ["", ({ label, algorithm }) => algorithm === null ? "" : rankText(label, comparison)],
    ["algorithm", ({ label }) => label],
    ["accuracy % [95 %]", ({ metrics }) => interval(metrics.accuracy.average)],
    ["greedy %", ({ metrics }) => percent(metrics.accuracy.greedy)],
    [`pass@${samples} %`, ({ metrics }) => percent(metrics.accuracy.pass[samples] ?? null)],
    ["length", ({ metrics }) => fixed(1)(metrics.length.mean)],
    ["tokens trained", ({ metrics }) => fixed(0)(metrics.cost.tokensTrained)],
  ];
  return [columns.map(([title]) => title), ...[base, ...rows].map((row) => columns.map(([, cell]) => cell(row)))];
}

/** Columns of a leaderboard of several tasks. */
function overallLines({ boards, overall }: Leaderboard): string[][] {
  const average = (label: string | null) =>
    boards.map(({ base, rows }) =>
      interval((label === null ? base : rows.find((row) => row.label === label))?.metrics.accuracy.average ?? null)
    );
  return [
    ["", "algorithm", "IQM % [95 %]", ...boards.map(({ task }) => `${task} % [95 %]`)],
    ["", boards[0].base.label, "", ...average(null)],
    ...overall.standings.map(({ label, score }) => [
      rankText(label, overall),
      label,
      intervalOf(score),
      ...average(label),
    ]),
    ...overall.left.map(({ label }) => ["", label, none, ...average(label)]),
  ];
}

/**
 * The table, narrow enough for a page of `article` with up to three tasks. IQM is the interquartile mean over tasks and
 * seeds. A rank such as `1=` is shared: nothing significant tells its holders apart. What was found stands above it.
 */
export function leaderboardLatex(leaderboard: Leaderboard): string {
  const { suite, boards, overall, environment } = leaderboard;
  const [title, base, ...rows] = boards.length > 1 ? overallLines(leaderboard) : boardLines(leaderboard);
  const line = (cells: readonly string[]) => `  ${cells.map(cellText).join(" & ")} \\\\`;
  return [
    `% Suite ${suite.name}, ${suite.tasks[0].seeds.length} seeds, Podium ${environment.podium}; \\usepackage{booktabs}`,
    `% ${overall.verdict.replace(/\s+/g, " ")}`,
    ...boards.length > 1 ? ["% IQM: interquartile mean over tasks and seeds"] : [],
    "{\\footnotesize\\setlength{\\tabcolsep}{2.5pt}%",
    `\\begin{tabular}{@{}rl${"r".repeat(title.length - 2)}@{}}`,
    "  \\toprule",
    line(title),
    "  \\midrule",
    line(base),
    "  \\midrule",
    ...rows.map(line),
    "  \\bottomrule",
    "\\end{tabular}}",
    "",
  ].join("\n");
}
