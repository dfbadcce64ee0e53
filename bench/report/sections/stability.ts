/**
 * Whether training went well: what went wrong in words, the series of every step, every column.
 *
 * @module
 */
import { counted } from "../../leaderboard/format.ts";
import { stabilityColumns } from "../columns.ts";
import { mostBands } from "../figures/curves.ts";
import { element, type Markup } from "../html.ts";
import { seriesMetrics } from "../learning.ts";
import { derived, fixed, numberAt, percent, pointer } from "../numbers.ts";
import type { PlacedBoard, ReportRun } from "../run.ts";
import type { Looks } from "../series.ts";
import { nameOf, table } from "../table.ts";
import { baseOf, choices, figure, perTask, rowsOf, section, when } from "../view.ts";
import { trainingPlot } from "./plots.ts";

/** Collapses and stopped cells of a task, one line each. */
function events(placed: PlacedBoard, looks: Looks): Markup {
  const lines = rowsOf(placed).flatMap(({ row: { label, seeds }, path }) =>
    seeds.flatMap(({ seed, failure, metrics: { stability } }, index) => {
      const at = path + pointer("seeds", index), column = (name: string) => `${at}/metrics/stability/${name}`;
      return [
        stability.collapsed === 1 &&
        element`<li class="bad">${nameOf(label, looks)}, seed ${seed}: collapsed at step ${
          numberAt(stability.collapseStep, column("collapseStep"), fixed(0))
        }, from ${numberAt(stability.collapseFrom, column("collapseFrom"), percent)} % to ${
          numberAt(stability.collapseTo, column("collapseTo"), percent)
        } %</li>`,
        failure &&
        element`<li class="bad">${nameOf(label, looks)}, seed ${seed}: stopped at step ${
          numberAt(failure.step, `${at}/failure/step`, fixed(0))
        } by the gate ${failure.gate}: ${failure.message}</li>`,
      ].filter((line) => line !== false && line !== null);
    })
  );
  const cells = placed.board.rows.reduce((sum, { seeds }) => sum + seeds.length, 0);
  return lines.length === 0
    ? element`<p class="all-well">None of ${counted(cells, "run")} collapsed, and no health gate stopped one.</p>`
    : element`<p class="not-well">${derived(lines.length, "collapses and stops", String)} of ${
      counted(
        cells,
        "run",
      )
    } went wrong:</p><ul class="events">${lines}</ul>`;
}

/** Section: stability. */
export function stabilitySection(run: ReportRun, scope: string, looks: Looks): Markup {
  const first = seriesMetrics.findIndex(({ key }) => key === "entropy");
  const ordered = [...seriesMetrics.slice(first), ...seriesMetrics.slice(0, first)];
  return section(
    "stability",
    "Stability",
    "A run has collapsed when an evaluation falls below half of the best one before it.",
    element`${
      choices(scope, "series", "every step", ordered.map(({ key, title }) => ({ key, title: title.split(",")[0] })))
    }${
      perTask(run, (placed) =>
        element`${events(placed, looks)}${
          ordered.map((metric, index) =>
            when(
              `series:${metric.key}`,
              index === 0,
              figure(
                trainingPlot(placed, metric, looks) ?? element`<p class="lead">No training step was recorded.</p>`,
                placed.board.rows.length > mostBands
                  ? `Means over seeds; the bands of more than ${mostBands} algorithms would cover each other: point at the plot for the lowest and highest seed.`
                  : "Means over seeds; bands from the lowest to the highest seed.",
              ),
            )
          )
        }${
          table({
            caption: `Stability on ${placed.board.task}`,
            base: baseOf(placed),
            rows: rowsOf(placed),
            columns: stabilityColumns,
            looks,
          })
        }`)
    }`,
  );
}
