/**
 * The ranking: intervals and single seeds, over all tasks and per task.
 *
 * @module
 */
import type { LeaderboardRow, Standing } from "../../leaderboard/shape.ts";
import { attributes, element, type Markup } from "../html.ts";
import { strip, stripAxis, type StripDot, stripGrid } from "../figures/strip.ts";
import { derived, fixed, numberAt, percent, pointer } from "../numbers.ts";
import { extentOf, linear, type Scale } from "../plot/scale.ts";
import { estimateOf, type ReportRun, rowAt, type View } from "../run.ts";
import type { Looks } from "../series.ts";
import { nameOf, sortable } from "../table.ts";
import { figure, perView, section } from "../view.ts";

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** avg@k of every seed, over several tasks their mean; seeds without a number on a task are left out. */
export function seedDots(view: View, label: string, base = false): StripDot[] {
  const found = view.boards.flatMap((placed) => {
    if (base) return [{ row: placed.board.base, path: `${placed.path}/base` }];
    return rowAt(placed, label) ?? [];
  });
  if (found.length < view.boards.length || found.length === 0) return [];
  const tip = (seed: number, value: number) => `seed ${seed}: ${percent(value)} %`;
  return found[0].row.seeds.flatMap(({ seed }): StripDot[] => {
    const places = found.map(({ row }) => row.seeds.findIndex((own) => own.seed === seed));
    const values = found.map(({ row }, task) => row.seeds[places[task]]?.metrics.accuracy.average ?? null);
    if (values.includes(null)) return [];
    const value = meanOf(values as number[]);
    if (found.length > 1) return [{ value, tip: tip(seed, value) }];
    return [{ value, tip: tip(seed, value), place: places[0] }];
  });
}

/** JSON Pointer of the seeds of a label in a view of one task; undefined over several. */
function seedsPath({ boards }: View, label: string): string | undefined {
  const found = boards.length === 1 ? rowAt(boards[0], label) : undefined;
  return found && `${found.path}/seeds`;
}

/** Mean over tasks of the policy before training. */
export function baseOver({ boards }: View): number | null {
  const values = boards.flatMap(({ board }) => board.base.metrics.accuracy.average?.mean ?? []);
  return values.length === boards.length ? meanOf(values) : null;
}

/** The axis that all of a view lies on. */
export function rankingScale(view: View, range: readonly [number, number] = [0, 100]): Scale {
  const { standings } = view.comparison,
    labels = new Set(view.boards.flatMap(({ board }) => board.rows.map(({ label }) => label)));
  const values = [
    ...standings.flatMap(({ mean }, index) => {
      const { value, low, high } = estimateOf(view, index);
      return [value, low, high, mean.value];
    }),
    ...[...labels].flatMap((label) => seedDots(view, label).map(({ value }) => value)),
    baseOver(view),
  ];
  return linear(extentOf(values), range, { floor: 0, ceiling: 1, ticks: 6 });
}

function taskCells(view: View, label: string): Markup[] {
  if (view.boards.length < 2) return [];
  return view.boards.map((placed) => {
    const found = rowAt(placed, label), average = found?.row.metrics.accuracy.average;
    return element`<td>${
      average ? numberAt(average.mean, `${found!.path}/metrics/accuracy/average/mean`, percent) : "–"
    }</td>`;
  });
}

function standingRow(standing: Standing, index: number, view: View, x: Scale, looks: Looks): Markup {
  const { rank, tied, label, mean, median, optimalityGap } = standing, score = estimateOf(view, index);
  const path = view.path + pointer("standings", index);
  const dots = seedDots(view, label), several = view.boards.length > 1;
  const other = (name: "mean" | "median" | "optimalityGap", { value, low, high }: typeof mean) =>
    element`<td${
      attributes({ "data-tip": low !== null && high !== null && `95 %: ${percent(low)} to ${percent(high)}` })
    }>${numberAt(value, `${path}/${name}/value`, percent)}</td>`;
  const range = score.low !== null && score.high !== null;
  return element`<tr data-algorithm="${label}"><td class="rank">${
    numberAt(
      rank,
      `${path}/rank`,
      (value) => `${value}${tied ? "=" : ""}`,
    )
  }</td><th scope="row">${nameOf(label, looks)}</th><td class="drawn" data-sort="${score.value}">${
    strip(
      {
        interval: range ? [score.low!, score.high!] : null,
        value: score.value,
        second: several ? mean.value : null,
        dots,
        seeds: seedsPath(view, label),
        base: baseOver(view),
      },
      x,
      looks.get(label)?.kind ?? "",
    )
  }</td><td class="score">${
    numberAt(
      score.value,
      score.paths.value,
      percent,
    )
  }${
    range && element`<small>${numberAt(score.low, score.paths.low, percent)} to ${
      numberAt(
        score.high,
        score.paths.high,
        percent,
      )
    }</small>`
  }</td>${several && taskCells(view, label)}${several && other("mean", mean)}${several && other("median", median)}${
    other("optimalityGap", optimalityGap)
  }</tr>`;
}

function leftRow(label: string, reason: string, view: View, x: Scale, looks: Looks): Markup {
  const several = view.boards.length > 1;
  return element`<tr class="left" data-algorithm="${label}"><td class="rank">–</td><th scope="row">${
    nameOf(
      label,
      looks,
    )
  }</th><td class="drawn">${
    strip(
      { interval: null, value: null, dots: seedDots(view, label), seeds: seedsPath(view, label), base: baseOver(view) },
      x,
      looks.get(label)?.kind ?? "",
    )
  }</td><td class="reason">not compared: ${reason}</td>${several && taskCells(view, label)}${
    several && element`<td></td><td></td>`
  }<td></td></tr>`;
}

function baseLine(view: View, x: Scale): Markup {
  const value = baseOver(view), several = view.boards.length > 1;
  const average: LeaderboardRow["metrics"]["accuracy"]["average"] = view.boards[0].board.base.metrics.accuracy.average;
  const interval = !several && average && average.low !== null && average.high !== null
    ? [average.low, average.high] as const
    : null;
  return element`<tr class="before"><td></td><th scope="row">before training</th><td class="drawn">${
    strip(
      {
        interval,
        value,
        dots: seedDots(view, "before training", true),
        seeds: several ? undefined : `${view.boards[0].path}/base/seeds`,
        base: value,
      },
      x,
      "cbase",
    )
  }</td><td class="score">${
    several ? derived(value, "mean over tasks", percent) : numberAt(
      average?.mean ?? null,
      `${view.boards[0].path}/base/metrics/accuracy/average/mean`,
      percent,
    )
  }</td>${
    several &&
    view.boards.map(({ board, path }) =>
      element`<td>${
        numberAt(
          board.base.metrics.accuracy.average?.mean ?? null,
          `${path}/base/metrics/accuracy/average/mean`,
          percent,
        )
      }</td>`
    )
  }${several && element`<td></td><td></td>`}<td></td></tr>`;
}

function ranking(view: View, looks: Looks): Markup {
  const x = rankingScale(view), { standings, left } = view.comparison, several = view.boards.length > 1;
  const caption = `Ranking, ${view.title}`;
  return element`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data numbers ranking" style="${
    stripGrid(x)
  }"><caption>${caption}</caption><thead><tr>${sortable("rank")}${
    sortable("algorithm", { kind: "text" })
  }<th scope="col" class="drawn">${
    stripAxis(
      x,
      (value) => fixed(0)(100 * value),
    )
  }</th>${sortable(several ? "score % (interquartile mean)" : "accuracy %")}${
    several &&
    view.boards.map(({ board }) => sortable(`${board.task} %`))
  }${several && sortable("mean %")}${
    several &&
    sortable("median %")
  }${
    sortable("distance from 100 %", {
      meaning: "Optimality gap: mean distance of the runs from a score of 100 %.",
    })
  }</tr></thead><tbody class="base">${baseLine(view, x)}</tbody><tbody>${
    standings.map((standing, index) => standingRow(standing, index, view, x, looks))
  }${
    left.map((
      { label, reason },
    ) => leftRow(label, reason, view, x, looks))
  }</tbody></table></div>`;
}

/** Section: the ranking. */
export function rankingSection(run: ReportRun, looks: Looks): Markup {
  return section(
    "ranking",
    "Ranking",
    "By accuracy of sampled responses to held-out problems after training. What nothing tells apart shares a rank, marked with =.",
    perView(run, (view) =>
      figure(
        ranking(view, looks),
        element`Bars: 95 % bootstrap intervals over seeds and ${view.boards.length > 1 ? "tasks" : "problems"} of the ${
          view.boards.length > 1 ? "interquartile mean" : "mean"
        }. Dots: single seeds${
          view.boards.length > 1 && ", each the mean over tasks; diamonds: their mean"
        }. Dashed line: the policy before training.`,
      )),
  );
}
