/**
 * The columns of the leaderboard as the page shows them. What a column means is said in `leaderboard.schema.json`, and
 * read from there.
 *
 * @module
 */
import type { LeaderboardRow } from "../leaderboard/shape.ts";
import schema from "../leaderboard/leaderboard.schema.json" with { type: "json" };
import type { Estimate } from "../statistics/bootstrap.ts";
import { count, fixed, type Format, mebibytes, percent, plain, pointer, points, significant } from "./numbers.ts";

/** A column of numbers. */
export interface Column {
  /** Title, with the unit. */
  title: string;
  /** What stands over several columns. */
  group: string;
  /** Where the number stands in a row: names of properties. */
  path: readonly string[];
  /** How it is written. */
  format: Format;
  /** Show the interval. */
  interval?: boolean;
}

type Node = { $ref?: string; description?: string; properties?: Record<string, Node>; $defs?: Record<string, Node> };

/** The schema's description of a column, sentence by sentence as it stands there; empty if it says nothing. */
export function meaningOf(path: readonly string[]): string {
  const definitions = (schema as Node).$defs ?? {};
  const resolved = (node: Node | undefined): Node | undefined =>
    node?.$ref ? { ...definitions[node.$ref.split("/").at(-1)!], ...node } : node;
  let node: Node | undefined = resolved(definitions.row), meaning = "";
  for (const name of path) {
    node = resolved(node?.properties?.[name]);
    meaning = node?.description ?? meaning;
  }
  return meaning;
}

/** What a row has in a column: an estimate, a number, or nothing. */
export function valueIn(row: LeaderboardRow, path: readonly string[]): Estimate | number | null {
  let value: unknown = row;
  for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return (value ?? null) as Estimate | number | null;
}

/** The number of a row in a column: the mean of an estimate. */
export function numberIn(row: LeaderboardRow, path: readonly string[]): number | null {
  const value = valueIn(row, path);
  return typeof value === "object" ? value?.mean ?? null : value;
}

/** JSON Pointer of that number, after that of the row. */
export function pointerIn(row: LeaderboardRow, path: readonly string[]): string {
  return pointer(...path) + (typeof valueIn(row, path) === "number" ? "" : "/mean");
}

const inMetrics = (group: string, part: string) => (title: string, name: string, format: Format, interval = false) => ({
  title,
  group,
  path: ["metrics", ...part.split("."), ...name.split(".")].filter((name) => name !== ""),
  format,
  interval,
});

const accuracy = inMetrics("accuracy", "accuracy");
const length = inMetrics("length", "length");
const stability = inMetrics("stability", "stability");
const cost = inMetrics("cost", "cost");

/** Values of k for which the rows have pass@k. */
export function passKs(rows: readonly LeaderboardRow[]): string[] {
  return [...new Set(rows.flatMap(({ metrics }) => Object.keys(metrics.accuracy.pass)))]
    .sort((a, b) => Number(a) - Number(b));
}

/** Names of the reward channels that the rows have. */
export function channelNames(rows: readonly LeaderboardRow[]): string[] {
  return [...new Set(rows.flatMap(({ metrics }) => Object.keys(metrics.channels)))];
}

/** How right the answers are. */
export function accuracyColumns(rows: readonly LeaderboardRow[], samples: number): Column[] {
  return [
    accuracy(`avg@${samples} %`, "average", percent, true),
    accuracy("gain, points", "gain", points),
    accuracy("greedy %", "greedy", percent),
    ...passKs(rows).filter((k) => k !== "1").map((k) => ({
      ...accuracy(`pass@${k} %`, "", percent),
      path: ["metrics", "accuracy", "pass", k],
    })),
    { title: "spread over seeds, points", group: "accuracy", path: ["seedSpread"], format: percent },
  ];
}

/** Mean of each reward channel. */
export function channelColumns(rows: readonly LeaderboardRow[]): Column[] {
  return channelNames(rows).map((name) => ({
    title: name,
    group: "reward channels",
    path: ["metrics", "channels", name],
    format: significant,
  }));
}

/** How long the answers are. */
export const lengthColumns: readonly Column[] = [
  length("mean", "mean", fixed(1), true),
  length("10th percentile", "p10", fixed(1)),
  length("median", "p50", fixed(1)),
  length("90th percentile", "p90", fixed(1)),
  length("right: mean", "right.mean", fixed(1)),
  length("wrong: mean", "wrong.mean", fixed(1)),
  length("excess of right ones", "excess", fixed(1)),
  length("used of planned %", "ofBudget", percent),
  length("truncated %", "truncated", percent),
  length("planning %", "planning", percent),
];

/** Whether training went well: every column there is. */
export const stabilityColumns: readonly Column[] = [
  stability("final / best", "finalOverBest", fixed(3)),
  stability("collapsed seeds %", "collapsed", percent),
  stability("at step", "collapseStep", fixed(0)),
  stability("from %", "collapseFrom", percent),
  stability("to %", "collapseTo", percent),
  stability("entropy first", "entropyFirst", significant),
  stability("last", "entropyLast", significant),
  stability("lowest", "entropyLowest", significant),
  stability("KL to base", "kl", significant),
  stability("largest", "klLargest", significant),
  stability("clipped %", "clipFraction", (value) => significant(100 * value)),
  stability("gradient norm", "gradientNorm", significant),
  stability("largest", "gradientNormLargest", significant),
  stability("spikes %", "gradientSpikes", percent),
  stability("roughness, points", "roughness", percent),
  stability("groups without signal %", "groupsWithoutSignal", percent),
  stability("no answer %", "unanswered", percent),
  { ...length("truncated %", "truncated", percent), group: "stability" },
  stability("steps not finite", "nonFiniteSteps", plain),
  stability("sampling difference", "samplingDifference", significant),
  stability("ratio difference", "ratioDifference", significant),
];

/** What reflectors took, and what models behind endpoints cost. */
const askedColumns: readonly Column[] = [
  cost("tokens read", "tokensRead", count),
  cost("reflections", "reflections", count),
  cost("reflections in vain", "reflectionFailures", count),
  cost("reflector tokens", "reflectorTokens", count),
  cost("policy price", "policyMoney", significant),
  cost("reflector price", "reflectorMoney", significant),
  cost("price in all", "money", significant),
  cost("price of evaluation", "evaluationMoney", significant),
];

/** What it cost; reflectors and money where these rows have any. */
export function costColumns(rows: readonly LeaderboardRow[]): Column[] {
  const asked = askedColumns.filter(({ path }) => rows.some((row) => (numberIn(row, path) ?? 0) > 0));
  return [...spentColumns, ...asked, ...gainedColumns];
}

const spentColumns: readonly Column[] = [
  cost("responses", "responses", count),
  cost("tokens generated", "tokensGenerated", count),
  cost("tokens trained", "tokensTrained", count),
  cost("updates", "updates", count),
  cost("seconds", "seconds", significant, true),
  cost("overhead %", "overhead", percent),
  cost("of the cell %", "cellOverhead", percent),
  cost("memory MiB", "memory", mebibytes),
];

const gainedColumns: readonly Column[] = [
  cost("points per 1000 responses", "gainPerThousandResponses", points),
  cost("points per second", "gainPerSecond", points),
];

/** Parts of the seconds, in the order in which they are drawn. */
export const costParts: readonly Column[] = ["rollout", "score", "update", "algorithm", "grade", "record", "evaluate"]
  .map((part) => cost(part, `parts.${part}`, significant));

/** The most telling of each kind, side by side. */
export function summaryColumns(rows: readonly LeaderboardRow[], samples: number): Column[] {
  const pick = (columns: readonly Column[], ...names: string[]) =>
    names.map((name) => columns.find(({ path }) => path.at(-1) === name && path.length <= 3)!);
  return [
    ...accuracyColumns(rows, samples),
    ...pick(lengthColumns, "mean", "p90", "truncated").map((column) => ({ ...column, interval: false })),
    ...pick(stabilityColumns, "finalOverBest", "collapsed", "kl", "groupsWithoutSignal"),
    ...pick(
      [...spentColumns, ...gainedColumns],
      "tokensGenerated",
      "seconds",
      "memory",
      "gainPerThousandResponses",
      "gainPerSecond",
    )
      .map((column) => ({ ...column, interval: false })),
  ];
}
