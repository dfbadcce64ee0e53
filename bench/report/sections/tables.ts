/**
 * The sections that are mostly a table: the columns at a glance, accuracy, length, cost.
 *
 * @module
 */
import type { LeaderboardRow } from "../../leaderboard/shape.ts";
import {
  accuracyColumns,
  channelColumns,
  costColumns,
  costParts,
  lengthColumns,
  numberIn,
  summaryColumns,
} from "../columns.ts";
import { inPercent, stripAxis, stripFrame, stripGrid } from "../figures/strip.ts";
import { attributes, element, type Markup } from "../html.ts";
import { fixed, significant } from "../numbers.ts";
import { extentOf, linear, type Scale } from "../plot/scale.ts";
import type { PlacedBoard, ReportRun } from "../run.ts";
import type { Looks } from "../series.ts";
import { type PlacedRow, table } from "../table.ts";
import { baseOf, choices, perTask, rowsOf, section, when } from "../view.ts";

/** Responses per problem in the evaluations of a task. */
const samplesOf = ({ leaderboard: { suite } }: ReportRun, { board }: PlacedBoard) =>
  suite.tasks.find(({ task }) => task === board.task)!.evaluation.samples;

/** Section: all kinds of columns side by side. */
export function columnsSection(run: ReportRun, scope: string, looks: Looks): Markup {
  const kinds = [
    { key: "summary", title: "at a glance" },
    { key: "accuracy", title: "accuracy" },
    { key: "channels", title: "reward channels" },
  ];
  return section(
    "columns",
    "Columns",
    "Press a heading to sort by it; point at one to read what it means. Every column of length, stability and cost stands in the section of that name.",
    element`${choices(scope, "columns", "columns", kinds)}${
      perTask(run, (placed) => {
        const base = baseOf(placed), rows = rowsOf(placed), all = [base, ...rows].map(({ row }) => row);
        const columns = {
          summary: summaryColumns(all, samplesOf(run, placed)),
          accuracy: accuracyColumns(all, samplesOf(run, placed)),
          channels: channelColumns(all),
        };
        return kinds.map(({ key, title }, index) =>
          when(
            `columns:${key}`,
            index === 0,
            table({
              caption: `${placed.board.task}, ${title}`,
              base,
              rows,
              columns: columns[key as keyof typeof columns],
              looks,
            }),
          )
        );
      })
    }`,
  );
}

/** Quantiles of lengths as a strip: all responses, the right ones, the wrong ones. */
function lengthStrip({ row: { label, metrics: { length } } }: PlacedRow, x: Scale): Markup {
  const lines = [
    { kind: "all", ...length },
    { kind: "right", ...length.right },
    { kind: "wrong", ...length.wrong },
  ];
  const at = (value: number) => inPercent(x(value));
  return stripFrame(
    "lengths",
    lines.map(({ kind, p10, p50, p90, mean }, index) => {
      if (!p10 || !p50 || !p90 || !mean) return null;
      const y = 6 + 9 * index,
        [low, middle, high, average] = [p10, p50, p90, mean].map((value) => fixed(1)(value.mean));
      const tip = `${label}, ${kind}: 10 % ≤ ${low}, median ${middle}, 90 % ≤ ${high}, mean ${average} tokens`;
      return element`<g${attributes({ class: kind, "data-tip": tip })}><line class="span" x1="${at(p10.mean)}" x2="${
        at(p90.mean)
      }" y1="${y}" y2="${y}"/><line x1="${at(p50.mean)}" x2="${at(p50.mean)}" y1="${y - 4}" y2="${
        y + 4
      }"/><circle cx="${at(mean.mean)}" cy="${y}"/></g>`;
    }),
  );
}

/** The axis of all length strips of a task. */
function lengthScale(rows: readonly LeaderboardRow[]): Scale {
  const values = rows.flatMap(({ metrics: { length } }) =>
    [length, length.right, length.wrong].flatMap(({ p10, p90 }) => [p10?.mean ?? null, p90?.mean ?? null])
  );
  return linear(extentOf([0, ...values]), [0, 100], { floor: 0 });
}

/** Section: response lengths. */
export function lengthsSection(run: ReportRun, looks: Looks): Markup {
  return section(
    "lengths",
    "Response length",
    element` In tokens that the policy chose. Each row from above: <b class="all">all</b> responses, the <b class="right">right</b> ones, the <b class="wrong">wrong</b> ones; lines from the 10th to the 90th percentile, strokes at the median, dots at the mean. Excess: what right answers are longer than the shortest right one to the same problem. `,
    perTask(run, (placed) => {
      const base = baseOf(placed), rows = rowsOf(placed), x = lengthScale([base, ...rows].map(({ row }) => row));
      return table({
        caption: `Response length on ${placed.board.task}`,
        base,
        rows,
        columns: lengthColumns,
        drawn: {
          grid: stripGrid(x),
          title: stripAxis(x, (value) => `${value}`),
          cell: (placed) => lengthStrip(placed, x),
        },
        looks,
      });
    }),
  );
}

/** Seconds by part as a bar. */
function costBar({ row }: PlacedRow, x: Scale): Markup {
  let from = 0;
  return stripFrame(
    "costs",
    costParts.map((column, index) => {
      const value = numberIn(row, column.path), start = from;
      if (!value) return null;
      from += value;
      const tip = `${row.label}, ${column.title}: ${significant(value)} s`;
      return element`<rect${
        attributes({
          class: `p${index}`,
          x: inPercent(x(start)),
          width: inPercent(x(from) - x(start)),
          "data-tip": tip,
        })
      } y="7" height="16"/>`;
    }),
  );
}

/** Section: cost. */
export function costSection(run: ReportRun, looks: Looks): Markup {
  return section(
    "cost",
    "Cost",
    element`Of one seed. Seconds are training alone on one core, bars in parts: ${
      costParts.map(({ title }, index) => element`<span class="part-key"><i class="p${index}"></i>${title}</span>`)
    }(records and evaluation are not part of the seconds).`,
    perTask(run, (placed) => {
      const rows = rowsOf(placed);
      const whole = ({ row }: PlacedRow) => costParts.reduce((sum, { path }) => sum + (numberIn(row, path) ?? 0), 0);
      const x = linear(extentOf([0, ...rows.map(whole)]), [0, 100], { floor: 0 });
      return table({
        caption: `Cost on ${placed.board.task}`,
        rows,
        columns: [
          ...costColumns(rows.map(({ row }) => row)),
          ...costParts.map((column) => ({ ...column, group: "seconds by part" })),
        ],
        drawn: {
          grid: stripGrid(x),
          title: stripAxis(x, (value) => `${value} s`),
          cell: (placed) => costBar(placed, x),
        },
        looks,
      });
    }),
  );
}
