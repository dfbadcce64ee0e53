/**
 * Two leaderboards compared, as text for people.
 *
 * @module
 */
import { counted, none } from "../leaderboard/format.ts";
import { align } from "../leaderboard/table.ts";
import type { LeaderboardChanges, RowChanges } from "./compare.ts";
import { type MeasureChange, measures } from "./measures.ts";
import type { SettingChange } from "./settings.ts";

/** A number of a measure, with its sign if it is a difference. */
function numberText(measure: string, value: number | null, signed = false): string {
  if (value === null) return none;
  const { digits } = measures.find(({ name }) => name === measure)!;
  const text = digits === "percent" ? (100 * value).toFixed(1) : value.toFixed(digits);
  return signed && value > 0 ? `+${text}` : text;
}

const probability = (p: number | null) => p === null ? "" : p < 0.001 ? "< 0.001" : p.toFixed(3);

/** Difference with its interval. */
function differenceText({ measure, difference, low, high }: MeasureChange): string {
  const text = numberText(measure, difference, true);
  return low === null || high === null
    ? text
    : `${text} [${numberText(measure, low, true)}, ${numberText(measure, high, true)}]`;
}

/** What the cells of a row say about repeating it. */
function cellsText({ presence, same, cells }: RowChanges): string {
  if (presence !== "both") return `only in ${presence.toUpperCase()}`;
  if (same) return `same bits (${counted(cells.same, "cell")})`;
  const parts = [`${counted(cells.shared, "seed")} shared`];
  if (cells.same > 0) parts.push(`${cells.same} the same bits`);
  if (cells.contradicting > 0) parts.push(`${cells.contradicting} with the same settings and other numbers`);
  return parts.join(", ");
}

/** One row per algorithm and task: accuracy. */
function accuracyTable(rows: readonly RowChanges[]): string {
  return align([
    ["task", "algorithm", "cells", "A, avg@k %", "B", "B - A [95 %]", "p, Holm"],
    ...rows.map((row) => {
      const change = row.measures.find(({ measure }) => measure === "accuracy.average");
      const shown = change
        ? [
          numberText(change.measure, change.a),
          numberText(change.measure, change.b),
          row.same ? "0" : differenceText(change),
          probability(change.adjusted),
        ]
        : ["", "", "", ""];
      return [row.task, row.label, cellsText(row), ...shown];
    }),
  ], [0, 1, 2]);
}

const settingText = ({ path, a, b }: SettingChange) => `${path} ${JSON.stringify(a)} → ${JSON.stringify(b)}`;

/** Everything that is set differently, one line for each place. */
function settingLines({ settings, tasks, rows }: LeaderboardChanges): string[] {
  const places = [
    { place: "", settings },
    ...tasks.map(({ task, settings }) => ({ place: `${task}: `, settings })),
    ...rows.map(({ task, label, settings }) => ({ place: `${task}, ${label}: `, settings })),
  ];
  return [
    ...tasks.filter(({ presence }) => presence !== "both")
      .map(({ task, presence }) => `${task}: only in ${presence.toUpperCase()}`),
    ...places.flatMap(({ place, settings }) => settings.map((change) => place + settingText(change))),
  ];
}

/** Significant differences in what is not accuracy. */
function otherLines(rows: readonly RowChanges[]): string[] {
  return rows.flatMap(({ task, label, measures }) =>
    measures.filter(({ measure, significant }) => significant && measure !== "accuracy.average").map((change) =>
      `${task}, ${label}: ${change.measure} ${numberText(change.measure, change.a)} → ` +
      `${numberText(change.measure, change.b)}, ${differenceText(change)}, p ${probability(change.adjusted)}`
    )
  );
}

/** What the comparison comes to, in sentences. */
export function changesVerdict({ rows }: LeaderboardChanges): string {
  const both = rows.filter(({ presence }) => presence === "both");
  if (both.length === 0) return "A and B have no algorithm on a task in common; there is nothing to compare.";
  const same = both.filter((row) => row.same), rest = both.filter((row) => !row.same);
  const sentences: string[] = [];
  if (same.length > 0) {
    sentences.push(
      rest.length === 0
        ? `All ${counted(same.length, "row")} in both are the same to the last bit.`
        : `${same.length} of ${counted(both.length, "row")} in both are the same to the last bit.`,
    );
  }
  const contradicting = rest.reduce((sum, { cells }) => sum + cells.contradicting, 0);
  if (contradicting > 0) {
    sentences.push(
      `${counted(contradicting, "cell")} with the same settings came to other numbers: another kind of processor, or ` +
        "a change that the cell's format should have told.",
    );
  }
  const tested = rest.flatMap(({ measures }) => measures.filter(({ measure }) => measure === "accuracy.average"))
    .filter(({ test }) => test !== null);
  if (rest.length > 0) {
    const found = tested.filter(({ significant }) => significant).length;
    sentences.push(
      tested.length === 0
        ? "With so few seeds no difference can be tested."
        : found === 0
        ? `No significant difference in accuracy (${
          counted(tested.length, "row")
        }, t tests with Holm's correction, 5 %).`
        : `Accuracy differs significantly in ${found} of ${counted(tested.length, "row")} (t tests with Holm's ` +
          "correction, 5 %).",
    );
  }
  return sentences.join(" ");
}

/** All of it. */
export function changesText(changes: LeaderboardChanges): string {
  const settings = settingLines(changes), others = otherLines(changes.rows);
  return [
    ...settings.length > 0 ? [`set differently, A → B:\n${settings.map((line) => `  ${line}`).join("\n")}`] : [],
    accuracyTable(changes.rows),
    ...others.length > 0
      ? [`other significant differences, A → B:\n${others.map((line) => `  ${line}`).join("\n")}`]
      : [],
    changesVerdict(changes),
  ].join("\n\n");
}
