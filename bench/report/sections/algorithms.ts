/**
 * A section per algorithm: what it is, how it was set, its curves, its seeds.
 *
 * @module
 */
import { algorithms, type Description } from "../../../algorithms/mod.ts";
import { canonical } from "../../canonical.ts";
import type { LeaderboardRow } from "../../leaderboard/shape.ts";
import { curvesPlot } from "../figures/curves.ts";
import { attributes, element, type Markup } from "../html.ts";
import { curveMetrics, learningCurve } from "../learning.ts";
import { count, fixed, type Format, none, percent, plain, pointer, significant } from "../numbers.ts";
import { boardsOf, labelsOf, type PlacedBoard, type ReportRun, rowAt, viewsOf, whenTask } from "../run.ts";
import type { Looks } from "../series.ts";
import { nameOf, sortable } from "../table.ts";
import { section } from "../view.ts";

/** Name of an algorithm's section in addresses. */
export const anchorOf = (label: string): string => `algorithm-${label.replace(/[^\w-]+/g, "-")}`;

function paperOf({ paper: { source, year } }: Description): Markup {
  const arxiv = /^arXiv (\d{4}\.\d{4,5})(.*)$/.exec(source);
  return arxiv
    ? element`<a href="https://arxiv.org/abs/${arxiv[1]}">arXiv ${arxiv[1]}</a>${arxiv[2]} (${year})`
    : element`${source} (${year})`;
}

const shown = (value: unknown): string => value === undefined ? none : JSON.stringify(value);

function optionTable({ options }: LeaderboardRow, description: Description | undefined): Markup {
  const names = Object.keys(options);
  if (names.length === 0) return element`<p>No options.</p>`;
  return element`<div class="scroll"><table class="options"><thead><tr><th scope="col">option</th><th scope="col">value</th><th scope="col">default</th><th scope="col">meaning</th></tr></thead><tbody>${
    names.map((name) => {
      const known = description?.options[name];
      const own = known !== undefined && canonical(known.default) !== canonical(options[name]);
      return element`<tr${attributes({ class: own && "own" })}><th scope="row"><code>${name}</code></th><td><code>${
        shown(options[name])
      }</code>${own && element`<span class="flag">set</span>`}</td><td><code>${shown(known?.default)}</code></td><td>${
        known?.description ?? ""
      }</td></tr>`;
    })
  }</tbody></table></div>`;
}

interface SeedColumn {
  title: string;
  path: string;
  format: Format;
}

const seedColumns: readonly SeedColumn[] = [
  { title: "accuracy %", path: "/metrics/accuracy/average", format: percent },
  { title: "greedy %", path: "/metrics/accuracy/greedy", format: percent },
  { title: "length", path: "/metrics/length/mean", format: fixed(1) },
  { title: "final / best", path: "/metrics/stability/finalOverBest", format: fixed(3) },
  { title: "KL to base", path: "/metrics/stability/kl", format: significant },
  { title: "seconds", path: "/metrics/cost/seconds", format: significant },
];

function numberAtPath(value: unknown, path: string): number | null {
  return path.split("/").slice(1).reduce<unknown>((inner, name) => (inner as Record<string, unknown>)?.[name], value) as
    | number
    | null;
}

/** First digits of a hash; the whole one stands in the JSON, and the pointer says it. */
const digits = (hash: string | null) => element`<td class="h">${hash === null ? none : hash.slice(0, 16)}</td>`;

/** Heads of the columns of digits. */
const digitHeads = [["cell", "/cell"], ["last hash of the chain", "/hash"], ["weights", "/weights"]]
  .map(([title, path]) => element`<th scope="col" class="text" data-path="${path}">${title}</th>`);

function seedTable({ seeds }: LeaderboardRow, path: string, caption: string): Markup {
  return element`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data numbers seeds"><caption>${caption}</caption><thead><tr>${
    sortable("seed", { path: "/seed" })
  }${
    seedColumns.map(({ title, path }) => sortable(title, { path }))
  }${digitHeads}<th scope="col">verified</th></tr></thead><tbody>${
    seeds.map((seed, index) => {
      const own = path + pointer("seeds", index);
      return element`<tr data-path="${own}"><td>${seed.seed}</td>${
        seedColumns.map(
          ({ path, format }) => {
            const value = numberAtPath(seed, path);
            return value === null ? element`<td>${none}</td>` : element`<td>${format(value)}</td>`;
          },
        )
      }${digits(seed.cell)}${
        seed.failure
          ? element`<td colspan="2" class="bad">stopped at step ${seed.failure.step} by the gate ${seed.failure.gate}: ${seed.failure.message}</td>`
          : [digits(seed.hash), digits(seed.weights)]
      }<td>${
        seed.verified ??
          none
      }</td></tr>`;
    })
  }</tbody></table></div>`;
}

/** The single seeds' curves of an algorithm on a task. */
function seedCurves(
  { row, path, placed }: { row: LeaderboardRow; path: string; placed: PlacedBoard },
  looks: Looks,
): Markup {
  const [metric] = curveMetrics;
  const curves = row.seeds.filter(({ curve }) => curve.length > 0).map((seed) => ({
    ...learningCurve({ ...row, seeds: [seed] }, metric.key, "step"),
    label: `seed ${seed.seed}`,
  }));
  if (curves.length === 0) return element``;
  const look = looks.get(row.label)!;
  const own = new Map(curves.map(({ label }, index) => [label, { kind: look.kind.split(" ")[0], symbol: index % 4 }]));
  return element`<div class="small-plot">${
    curvesPlot(curves, own, {
      title: `${row.label} on ${placed.board.task}: ${metric.title} by training step, every seed`,
      x: "training steps",
      xFormat: count,
      y: `${placed.board.task}: accuracy, %`,
      yFormat: metric.format,
      floor: 0,
      ceiling: 1,
      base: placed.board.base.metrics.accuracy.average?.mean,
      style: "seeds",
      source: `seeds:${path}:${metric.key}`,
    })
  }</div>`;
}

function algorithmArticle(run: ReportRun, label: string, looks: Looks): Markup {
  const found = boardsOf(run.leaderboard).flatMap((placed) => {
    const at = rowAt(placed, label);
    return at ? [{ ...at, placed }] : [];
  });
  const [{ row }] = found, description = row.algorithm === null ? undefined : algorithms[row.algorithm]?.description;
  const presets = Object.entries(description?.presets ?? {});
  const standing = viewsOf(run.leaderboard)[0].comparison.standings.find((own) => own.label === label);
  const rates = [
    ...new Set(
      found.map(({ row, placed }) =>
        `${plain(row.learningRate ?? 0)}${found.length > 1 ? ` (${placed.board.task})` : ""}`
      ),
    ),
  ];
  return element`<details class="algorithm" id="${anchorOf(label)}" data-algorithm="${label}"><summary>${
    nameOf(label, looks)
  } <span class="muted">${description?.title}</span>${
    standing && element`<span class="place">rank ${standing.rank}${standing.tied && "="}</span>`
  }</summary><div class="body">${
    description &&
    element`<p>${description.summary}</p><p class="muted">${
      paperOf(description)
    }; ${description.family}; registry name <code>${row.algorithm}</code></p>`
  }${row.note && element`<p class="note"><b>Settings of its own:</b> ${row.note}</p>`}<p>Learning rate: ${
    rates
      .join(", ")
  }</p><div class="small-plots">${
    found.map((one) =>
      element`<div data-when="${whenTask("*", one.placed.board.task)}">${seedCurves(one, looks)}</div>`
    )
  }</div>${
    found.map(({ row, path, placed }) =>
      element`<div data-when="${whenTask("*", placed.board.task)}">${
        seedTable(row, path, `${label} on ${placed.board.task}, every seed`)
      }</div>`
    )
  }<h4>Options</h4>${optionTable(row, description)}${
    presets.length > 0 &&
    element`<p class="muted">Presets: ${
      presets.map(([name, values], index) =>
        element`${index > 0 && "; "}<code>${name}</code> ${JSON.stringify(values)}`
      )
    }</p>`
  }</div></details>`;
}

/** Section: every algorithm. */
export function algorithmsSection(run: ReportRun, looks: Looks): Markup {
  return section(
    "algorithms",
    "Algorithms",
    "What each one is, every option as it was run, every seed with the hashes that say whether two runs are the same.",
    element`<p class="buttons"><button type="button" data-open="algorithm">open all</button></p>${
      labelsOf(run.leaderboard).map((label) => algorithmArticle(run, label, looks))
    }`,
  );
}
