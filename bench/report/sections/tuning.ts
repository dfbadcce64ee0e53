/**
 * A learning-rate sweep that goes on: what every rate has come to so far, and how training goes with it.
 *
 * @module
 */
import type { Benchmark } from "../../benchmark.ts";
import { trainingSeries } from "../../leaderboard/series.ts";
import type { Suite } from "../../suite.ts";
import { ratesOf, type Sweep, sweepLabel } from "../../sweep.ts";
import { type Curve, curvesPlot } from "../figures/curves.ts";
import { attributes, element, type Markup } from "../html.ts";
import { seriesMetrics } from "../learning.ts";
import { count, derived, none, percent, plain } from "../numbers.ts";
import { allTasks, whenTask } from "../run.ts";
import { type Looks, looksOf } from "../series.ts";
import { nameOf, sortable } from "../table.ts";
import { type CellUnderWay, doneOf, type UnderWay } from "../under_way.ts";
import { figure, section } from "../view.ts";
import { meanScore } from "./sweep.ts";

/** The cells of a label on a task. */
type Found = (label: string, learningRate: number) => CellUnderWay[];

/** Labels of the rows that are being tuned. */
const labelsOf = ({ algorithms }: Suite) => algorithms.map(({ name, label = name }) => label);

/** What a rate has come to: the mean accuracy of its seeds when all are over, else how far they are. */
function rateCell(cells: readonly CellUnderWay[]): Markup {
  const done = doneOf(cells);
  if (done.steps === 0 && done.cells === 0) return element`<td>${none}</td>`;
  if (done.cells < done.of) {
    return element`<td class="muted">step ${derived(done.steps, "steps recorded, all seeds", count)} of ${
      derived(done.ofSteps, "steps, all seeds", count)
    }</td>`;
  }
  const mean = meanScore(cells.map(({ state, accuracy }) => state === "stopped" ? null : accuracy));
  return element`<td>${mean === null ? "stopped" : derived(mean, "mean over the seeds of the sweep", percent)}</td>`;
}

function rateTable(suite: Suite, rates: readonly number[], find: Found, looks: Looks): Markup {
  const caption = `Accuracy by learning rate on ${suite.task} so far, %`;
  return element`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data numbers"><caption>${caption}</caption><thead><tr>${
    sortable("algorithm", { kind: "text" })
  }${rates.map((rate) => element`<th scope="col">${plain(rate)}</th>`)}</tr></thead><tbody>${
    labelsOf(suite).map((label) =>
      element`<tr data-algorithm="${label}"><th scope="row">${nameOf(label, looks)}</th>${
        rates.map((rate) => rateCell(find(label, rate)))
      }</tr>`
    )
  }</tbody></table></div>`;
}

/** Accuracy of the training responses with every rate, as far as it is recorded; nothing before the first step. */
function ratePlot(task: string, label: string, rates: readonly number[], find: Found): Markup | null {
  const [{ title, format, floor, ceiling }] = seriesMetrics;
  const curves = rates.flatMap((rate): Curve[] => {
    const { steps, accuracy } = trainingSeries(find(label, rate).map(({ steps }) => steps));
    return steps.length === 0 ? [] : [{ label: plain(rate), x: steps, ...accuracy }];
  });
  return curves.length === 0 ? null : curvesPlot(curves, looksOf(rates.map(plain)), {
    title: `${label} on ${task}: ${title} by training step, every learning rate`,
    x: "training steps",
    xFormat: count,
    y: `${label}: ${title}`,
    yFormat: format,
    floor,
    ceiling,
  });
}

/** Section: the sweep so far. */
export function tuningSection({ tasks }: Benchmark, sweep: Sweep, { cells }: UnderWay): Markup {
  const several = tasks.length > 1;
  return section(
    "tuning",
    "Learning rates so far",
    `Every algorithm is tried with each learning rate on ${sweep.seeds.length === 1 ? "seed" : "seeds"} ${
      sweep.seeds.join(", ")
    }. Here stand the accuracies on held-out problems of those that have finished, and how training goes with the others.`,
    element`<div class="tasks">${
      tasks.map((suite) => {
        const { task } = suite, rates = ratesOf(sweep, suite), looks = looksOf(labelsOf(suite));
        const find: Found = (label, rate) =>
          cells.filter((cell) => cell.task === task && cell.label === sweepLabel(label, rate));
        return element`<div class="task" data-when="${whenTask(allTasks, task)}">${
          several && element`<h3 class="task-name">${task}</h3>`
        }${rateTable(suite, rates, find, looks)}${
          figure(
            element`<div class="small-plots">${
              labelsOf(suite).map((label) => {
                const plot = ratePlot(task, label, rates, find);
                return plot &&
                  element`<div${attributes({ class: "small-plot", "data-algorithm": label })}>${plot}</div>`;
              })
            }</div>`,
            "Means over seeds by training step, one line per learning rate; bands from the lowest to the highest seed.",
          )
        }</div>`;
      })
    }</div>`,
  );
}
