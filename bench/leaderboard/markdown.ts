/**
 * The leaderboard as Markdown tables, for a README.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import { counted, fixed, interval, intervalOf, none, percent, problemCount, processors } from "./format.ts";
import type { Board, Leaderboard, LeaderboardRow } from "./shape.ts";
import { rankText } from "./table.ts";

/** Points gained by each seed over the same seed before training. */
function gains({ seeds }: LeaderboardRow): string {
  return seeds.map(({ metrics: { accuracy: { gain } } }) => gain === null ? none : (100 * gain).toFixed(1)).join(", ");
}

/** The table of one task. */
function boardTable({ base, rows, comparison }: Board, samples: number): string {
  const columns: [title: string, cell: (row: LeaderboardRow) => string][] = [
    ["", ({ label, algorithm }) => algorithm === null ? "" : rankText(label, comparison)],
    ["algorithm", ({ label, algorithm }) => algorithm === null ? label : `\`${label}\``],
    ["accuracy % [95 %]", ({ metrics }) => interval(metrics.accuracy.average)],
    ["points gained, by seed", (row) => row.algorithm === null ? "" : gains(row)],
    ["greedy %", ({ metrics }) => percent(metrics.accuracy.greedy)],
    [`pass@${samples} %`, ({ metrics }) => percent(metrics.accuracy.pass[samples] ?? null)],
    ["length", ({ metrics }) => fixed(1)(metrics.length.mean)],
    ["seconds", ({ metrics, algorithm }) => algorithm === null ? "" : fixed(1)(metrics.cost.seconds)],
  ];
  return markdownTable([
    columns.map(([title]) => title),
    ...[base, ...rows].map((row) => columns.map(([, cell]) => cell(row))),
  ], [0, 2, 3, 4, 5, 6, 7]);
}

/** The table over several tasks. */
function overallTable({ boards, overall }: Leaderboard): string {
  const cell = ({ rows, base }: Board, label: string | null) => {
    const row = label === null ? base : rows.find((row) => row.label === label);
    return interval(row?.metrics.accuracy.average ?? null);
  };
  return markdownTable([
    ["", "algorithm", "interquartile mean % [95 %]", ...boards.map(({ task }) => `${task} % [95 %]`)],
    ["", "before training", "", ...boards.map((board) => cell(board, null))],
    ...overall.standings.map(({ label, score }) => [
      rankText(label, overall),
      `\`${label}\``,
      intervalOf(score),
      ...boards.map((board) => cell(board, label)),
    ]),
    ...overall.left.map(({ label }) => ["", `\`${label}\``, none, ...boards.map((board) => cell(board, label))]),
  ], [0, 2, ...boards.map((_, index) => 3 + index)]);
}

/** What was measured on a task. */
function factsOf({ suite }: Leaderboard, board: Board, index: number): string {
  const own = suite.tasks[index], { policy, data, task } = board;
  const { steps, promptsPerStep, groupSize } = own.training, { samples, temperature } = own.evaluation;
  return `task \`${task}\`, ${
    data.test.source === "embedded" ? "embedded problems" : data.test.source
  }; policy \`${policy.source}\` with ${
    policy.parameters.toLocaleString("en-US")
  } parameters; ${steps} steps of ${promptsPerStep} × ${groupSize} responses; accuracy of ${samples} responses at ` +
    `temperature ${temperature} to each of ${counted(problemCount(own, board), "held-out problem")}`;
}

/** The table of a leaderboard, what it says, and a paragraph on what was measured. */
export function leaderboardMarkdown(leaderboard: Leaderboard): string {
  const { suite, environment, boards, overall } = leaderboard, several = boards.length > 1;
  const facts = [
    `Suite \`${suite.name}\``,
    counted(suite.tasks[0].seeds.length, "seed"),
    ...boards.map((board, index) => factsOf(leaderboard, board, index)),
    ...suite.sweep
      ? [
        `learning rate of every algorithm and task chosen by a sweep on ${
          counted(suite.sweep.seeds.length, "other seed")
        } and other problems`,
      ]
      : [],
    ...several ? [] : ["length in tokens", `seconds of training on one core of ${processors(environment)}`],
    `Podium ${environment.podium}`,
  ];
  const table = several ? overallTable(leaderboard) : boardTable(boards[0], suite.tasks[0].evaluation.samples);
  return [table, wrapped(overall.verdict), wrapped(facts.join("; ") + ".")].join("\n\n");
}
