/**
 * The leaderboard as a Markdown table, for a README.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import { counted, fixed, interval, none, percent, problemCount } from "./format.ts";
import type { Leaderboard, LeaderboardRow } from "./leaderboard.ts";

/** Points gained by each seed over the same seed before training. */
function gains({ seeds }: LeaderboardRow): string {
  return seeds.map(({ metrics: { accuracy: { gain } } }) => gain === null ? none : (100 * gain).toFixed(1)).join(", ");
}

/** The table of a leaderboard, and a paragraph that says what was measured. */
export function leaderboardMarkdown(leaderboard: Leaderboard): string {
  const { suite, data, policy, environment, base, rows } = leaderboard;
  const { samples, temperature } = suite.evaluation, { steps, promptsPerStep, groupSize } = suite.training;
  const columns: [title: string, cell: (row: LeaderboardRow) => string][] = [
    ["", ({ rank }) => rank === null ? "" : `${rank}`],
    ["algorithm", ({ label, algorithm }) => algorithm === null ? label : `\`${label}\``],
    ["accuracy % [95 %]", ({ metrics }) => interval(metrics.accuracy.average)],
    ["points gained, by seed", (row) => row.algorithm === null ? "" : gains(row)],
    ["greedy %", ({ metrics }) => percent(metrics.accuracy.greedy)],
    [`pass@${samples} %`, ({ metrics }) => percent(metrics.accuracy.pass[samples] ?? null)],
    ["length", ({ metrics }) => fixed(1)(metrics.length.mean)],
    ["seconds", ({ metrics, algorithm }) => algorithm === null ? "" : fixed(1)(metrics.cost.seconds)],
  ];
  const table = markdownTable([
    columns.map(([title]) => title),
    ...[base, ...rows].map((row) => columns.map(([, cell]) => cell(row))),
  ], [0, 2, 3, 4, 5, 6, 7]);
  const facts = [
    `Suite \`${suite.name}\``,
    `task \`${suite.task}\`, ${data.test.source === "embedded" ? "embedded problems" : data.test.source}`,
    `policy \`${policy.source}\` with ${policy.parameters.toLocaleString("en-US")} parameters`,
    `${steps} steps of ${promptsPerStep} × ${groupSize} responses`,
    counted(suite.seeds.length, "seed"),
    `accuracy of ${samples} responses at temperature ${temperature} to each of ${
      counted(problemCount(leaderboard), "held-out problem")
    }`,
    "length in tokens",
    `seconds of training on one core of ${environment.cpu ?? environment.arch}`,
    `Podium ${environment.podium}`,
  ];
  return `${table}\n\n${wrapped(facts.join("; ") + ".")}`;
}
