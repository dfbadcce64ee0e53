/**
 * Which differences are more than chance: every pair, performance profiles, what the seeds at hand could have shown.
 *
 * @module
 */
import type { PairComparison } from "../../statistics/pairs.ts";
import { pairMatrix } from "../figures/matrix.ts";
import { profilesPlot } from "../figures/profiles.ts";
import { element, type Markup } from "../html.ts";
import { fixed, type Format, none, numberAt, percent, pointer, points, probability } from "../numbers.ts";
import type { ReportRun, View } from "../run.ts";
import type { Looks } from "../series.ts";
import { sortable } from "../table.ts";
import { figure, perView, section } from "../view.ts";

interface PairColumn {
  title: string;
  path: string;
  value: (pair: PairComparison) => number | null;
  format: Format;
}

const unsigned: Format = (value) => fixed(1)(100 * value);
const columns: readonly PairColumn[] = [
  { title: "difference, points", path: "/difference/mean", value: ({ difference }) => difference.mean, format: points },
  { title: "from", path: "/difference/low", value: ({ difference }) => difference.low, format: points },
  { title: "to", path: "/difference/high", value: ({ difference }) => difference.high, format: points },
  {
    title: "P(first beats second) %",
    path: "/improvement/value",
    value: ({ improvement }) => improvement.value,
    format: percent,
  },
  { title: "from", path: "/improvement/low", value: ({ improvement }) => improvement.low, format: percent },
  { title: "to", path: "/improvement/high", value: ({ improvement }) => improvement.high, format: percent },
  { title: "p", path: "/p", value: ({ p }) => p, format: probability },
  { title: "p, Holm", path: "/adjusted", value: ({ adjusted }) => adjusted, format: probability },
  { title: "p, sign flips", path: "/signFlips", value: ({ signFlips }) => signFlips, format: probability },
  { title: "detectable, points", path: "/detectable", value: ({ detectable }) => detectable, format: unsigned },
];

function pairTable({ comparison: { pairs }, path, title }: View): Markup {
  const caption = `All pairs, ${title}`;
  return element`<details><summary>${caption}, as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data numbers"><caption>${caption}</caption><thead><tr>${
    sortable("first", { kind: "text" })
  }${sortable("second", { kind: "text" })}${columns.map(({ title, path }) => sortable(title, { path }))}${
    sortable("significant", { kind: "text" })
  }</tr></thead><tbody>${
    pairs.map((pair, index) =>
      element`<tr data-path="${path}${
        pointer("pairs", index)
      }"><th scope="row">${pair.a}</th><td class="text">${pair.b}</td>${
        columns.map(({ value, format }) => {
          const number = value(pair);
          return element`<td>${number === null ? none : format(number)}</td>`;
        })
      }<td>${pair.significant ? "yes *" : "no"}</td></tr>`
    )
  }</tbody></table></div></details>`;
}

function pairsOf(view: View, looks: Looks): Markup {
  const { comparison, path, title } = view, { pairs, detectable, seeds } = comparison;
  if (pairs.length === 0) return element`<p class="lead">Fewer than two algorithms have finished every seed.</p>`;
  return element`${
    detectable !== null &&
    element`<p>A single pair of algorithms with ${seeds.length} seeds: a true difference of ${
      numberAt(detectable, `${path}/detectable`, unsigned)
    } points is found four times out of five (median over the pairs). A smaller one is likely to go unseen, so “no significant difference” does not mean “no difference”.</p>`
  }<div class="beside"><div>${pairMatrix(view, looks)}</div>${
    figure(
      profilesPlot(comparison, title, `${path}/profiles`, looks),
      "Performance profiles: share of runs that score more, with 95 % bands. A curve above another everywhere is better whatever one’s taste for risk.",
    )
  }</div>${pairTable(view)}`;
}

/** Section: pairs. */
export function pairsSection(run: ReportRun, looks: Looks): Markup {
  return section(
    "pairs",
    "What is more than chance",
    "Differences within seeds: both algorithms of a pair saw the same problems with the same random numbers.",
    perView(run, (view) => pairsOf(view, looks)),
  );
}
