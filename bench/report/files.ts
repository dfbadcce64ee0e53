/**
 * The main plots of a run as SVG files for papers.
 *
 * @module
 */
import { profilesPlot } from "./figures/profiles.ts";
import { rankingPlot } from "./figures/ranking.ts";
import type { Markup } from "./html.ts";
import { curveAxes, curveMetrics, seriesMetrics } from "./learning.ts";
import { standalone } from "./plot/frame.ts";
import { allTasks, boardsOf, labelsOf, type ReportRun, viewsOf } from "./run.ts";
import { learningPlot, tradeoffPlot, trainingPlot } from "./sections/plots.ts";
import { looksOf } from "./series.ts";

/** A file and what it holds. */
export interface PlotFile {
  /** Its name. */
  name: string;
  /** An SVG document. */
  svg: string;
}

/** Characters that are fine in a file's name everywhere. */
const plainName = (text: string) => text.replace(/[^\w-]+/g, "-");

/** Every main plot of a run; those for which nothing was recorded are left out. */
export function plotFiles({ name, leaderboard }: ReportRun): PlotFile[] {
  const looks = looksOf(labelsOf(leaderboard));
  const plots: [name: string, title: string, plot: Markup | null][] = [
    ...viewsOf(leaderboard).flatMap((view): [string, string, Markup | null][] => {
      const key = view.key === allTasks ? "all-tasks" : view.key;
      return [
        [`ranking-${key}`, `Ranking, ${view.title}`, rankingPlot(view, looks)],
        [
          `profiles-${key}`,
          `Performance profiles, ${view.title}`,
          profilesPlot(view.comparison, view.title, "", looks),
        ],
      ];
    }),
    ...boardsOf(leaderboard).flatMap((placed): [string, string, Markup | null][] => {
      const { task } = placed.board;
      return [
        ...curveAxes.map(({ key, title }): [string, string, Markup | null] => [
          `curves-${task}-${key}`,
          `${task}: accuracy by ${title}`,
          learningPlot(placed, curveMetrics[0], key, looks),
        ]),
        [`length-${task}`, `${task}: accuracy against length`, tradeoffPlot(placed, looks)],
        ...seriesMetrics.map((metric): [string, string, Markup | null] => [
          `${metric.key}-${task}`,
          `${task}: ${metric.title}`,
          trainingPlot(placed, metric, looks),
        ]),
      ];
    }),
  ];
  return plots.flatMap(([file, title, plot]) =>
    plot ? [{ name: `${plainName(name)}-${plainName(file)}.svg`, svg: standalone(plot, title) }] : []
  );
}
