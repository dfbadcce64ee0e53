/**
 * The sections about training and its outcome: learning curves, accuracy against length.
 *
 * @module
 */
import { type Curve, curvesPlot, mostBands } from "../figures/curves.ts";
import { paretoPlot, type ParetoPoint } from "../figures/pareto.ts";
import { element, type Markup } from "../html.ts";
import {
  curveAxes,
  type CurveAxis,
  type CurveMetric,
  curveMetrics,
  learningCurve,
  type SeriesMetric,
  trainingCurve,
} from "../learning.ts";
import { count } from "../numbers.ts";
import type { PlacedBoard, ReportRun } from "../run.ts";
import type { Looks } from "../series.ts";
import { baseOf, choices, figure, perTask, rowsOf, section, when } from "../view.ts";
import { numberIn } from "../columns.ts";

/** Learning curves of a task; null where nothing was recorded along that axis. */
export function learningPlot(
  { board }: PlacedBoard,
  metric: CurveMetric,
  axis: CurveAxis,
  looks: Looks,
): Markup | null {
  const curves = board.rows.map((row) => learningCurve(row, metric.key, axis)).filter(({ x }) => x.length > 0);
  if (curves.length === 0) return null;
  const { average, greedy } = board.base.metrics.accuracy, { length } = board.base.metrics;
  const base = { average, greedy, length: length.mean, kl: null }[metric.key]?.mean ?? null;
  const { title } = curveAxes.find(({ key }) => key === axis)!;
  return curvesPlot(curves, looks, {
    title: `${board.task}: ${metric.title} by ${title}`,
    x: title,
    xFormat: count,
    y: metric.title,
    yFormat: metric.format,
    floor: metric.floor,
    ceiling: metric.ceiling,
    base,
    style: "points",
  });
}

/** A recorded quantity of every training step of a task; null where there is none. */
export function trainingPlot({ board, path }: PlacedBoard, metric: SeriesMetric, looks: Looks): Markup | null {
  const curves = board.rows.map((row) => trainingCurve(row, metric.key)).filter((curve): curve is Curve =>
    curve !== null
  );
  if (curves.length === 0) return null;
  return curvesPlot(curves, looks, {
    title: `${board.task}: ${metric.title} by training step`,
    x: "training steps",
    xFormat: count,
    y: metric.title,
    yFormat: metric.format,
    floor: metric.floor,
    ceiling: metric.ceiling,
    source: `training:${path}:${metric.key}`,
  });
}

/** Section: learning curves on held-out problems. */
export function curvesSection(run: ReportRun, scope: string, looks: Looks): Markup {
  const crowded = run.leaderboard.boards.some(({ rows }) => rows.length > mostBands);
  const nothing = element`<p class="lead">Nothing was recorded along this axis.</p>`;
  return section(
    "curves",
    "Learning curves",
    "On held-out problems. All algorithms get the same number of sampled responses; the seconds they take differ.",
    element`<div class="switches">${
      choices(
        scope,
        "metric",
        "shown",
        curveMetrics.map(({ key, title }) => ({ key, title: title.split(",")[0] })),
      )
    }${choices(scope, "axis", "by", curveAxes.map(({ key, title }) => ({ key, title })))}</div>${
      perTask(
        run,
        (placed) =>
          curveMetrics.flatMap((metric, place) =>
            curveAxes.map(({ key }, axis) =>
              when(
                `metric:${metric.key} axis:${key}`,
                place === 0 && axis === 0,
                learningPlot(placed, metric, key, looks) ?? nothing,
              )
            )
          ),
      )
    }<p class="caption">Lines: means over seeds. Bands: from the lowest to the highest seed${
      crowded &&
      `; with more than ${mostBands} algorithms only of the one that is pointed at or chosen, and of those that the filter leaves if they are no more than that`
    }. Point at a plot, or focus it and press the arrow keys: left and right for the numbers, up and down to choose a curve.</p>`,
  );
}

/** Accuracy against length on a task; null before anything has finished. */
export function tradeoffPlot(placed: PlacedBoard, looks: Looks): Markup | null {
  const points = [baseOf(placed), ...rowsOf(placed)].flatMap(({ row, path }, index): ParetoPoint[] => {
    const { accuracy: { average }, length } = row.metrics;
    return average && length.mean
      ? [{ label: row.label, accuracy: average, length: length.mean, path, ...index === 0 && { base: true } }]
      : [];
  });
  return points.length < 2 ? null : paretoPlot(points, looks, `${placed.board.task}: accuracy against response length`);
}

/** Section: accuracy against length. */
export function tradeoffSection(run: ReportRun, looks: Looks): Markup {
  return section(
    "tradeoff",
    "Accuracy against length",
    "An algorithm that answers better is not one that answers longer. On the dotted line stand those that no other one beats in both.",
    perTask(run, (placed) =>
      figure(
        tradeoffPlot(placed, looks) ?? element`<p class="lead">Nothing has finished yet.</p>`,
        "Lines through the symbols: 95 % intervals.",
      )),
  );
}

/** Whether any row has a number in a column. */
export const anyHas = ({ board }: PlacedBoard, path: readonly string[]): boolean =>
  board.rows.some((row) => numberIn(row, path) !== null);
