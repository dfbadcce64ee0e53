/**
 * Curves over training: one line per algorithm with a band from the lowest to the highest seed, names at the right ends.
 *
 * @module
 */
import { attributes, element, type Markup } from "../html.ts";
import { type Format, tickFormat } from "../numbers.ts";
import { plot, plotArea } from "../plot/frame.ts";
import { bandPath, label, linePath, type Point, segment, spread, symbols } from "../plot/marks.ts";
import { extentOf, linear, type Scale } from "../plot/scale.ts";
import { baseLook, type Look, type Looks } from "../series.ts";

/** A curve over seeds; null where no seed has a number. */
export interface Curve {
  /** Algorithm. */
  label: string;
  /** Where it was measured. */
  x: number[];
  /** Mean over seeds. */
  mean: (number | null)[];
  /** Lowest seed. */
  low: (number | null)[];
  /** Highest seed. */
  high: (number | null)[];
}

/** How curves are drawn. */
export interface CurvesOptions {
  /** What the plot shows. */
  title: string;
  /** Title of the x axis. */
  x: string;
  /** How its numbers are written. */
  xFormat: Format;
  /** Title of the y axis, with the unit. */
  y: string;
  /** How its numbers are written. */
  yFormat: Format;
  /** The y axis does not go below this. */
  floor?: number;
  /** Nor above this. */
  ceiling?: number;
  /** A horizontal line: the policy before training. */
  base?: number | null;
  /** `points`: a symbol at every point, where there are few; `seeds`: thin lines without names; else plain lines. */
  style?: "points" | "seeds";
  /** Where the page's script finds the numbers in the leaderboard, see `page.js`. Absent: they go along with the plot. */
  source?: string;
}

/**
 * With more curves than this, bands would cover each other: those are shown that are pointed at, chosen by arrow keys or
 * left by the filter, and those of single steps, which are rough, are left out.
 */
export const mostBands = 6;

const width = 560, height = 340, margin = { top: 34, right: 128, bottom: 46, left: 48 };
/** Longest name that is written whole. */
const longestName = 15;

/** A name that fits. */
export const shortened = (text: string, longest = longestName): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

function points(x: Scale, y: Scale, curve: Curve, values: readonly (number | null)[]): Point[] {
  return values.map((value, index) => value === null ? null : [x(curve.x[index]), y(value)]);
}

const lastOf = (values: readonly (number | null)[]) => values.findLast((value) => value !== null) ?? null;

/** Where the names stand: as near to where their lines end as they fit. */
function namePlaces(curves: readonly Curve[], y: Scale): number[] {
  const ends = curves.map(({ mean }) => y(lastOf(mean) ?? y.domain[0]));
  return spread(ends, 13, margin.top, height - margin.bottom);
}

/** The name of a curve and the line that leads to it. */
function nameMark(curve: Curve, x: Scale, y: Scale, place: number): Markup | false {
  const last = curve.mean.findLastIndex((mean) => mean !== null), end = width - margin.right;
  return last >= 0 &&
    element`${segment(Math.min(end, x(curve.x[last])) + 5, y(curve.mean[last]!), end + 12, place, "leader")}${
      label(end + 15, place + 4, shortened(curve.label))
    }`;
}

function series(
  curve: Curve,
  x: Scale,
  y: Scale,
  look: Look,
  place: number,
  few: boolean,
  { style }: CurvesOptions,
): Markup {
  const line = points(x, y, curve, curve.mean);
  if (style === "seeds") return element`<path class="thin ${look.kind}" d="${linePath(line)}"/>`;
  const banded = (few || style === "points") && curve.low.some((low, index) => low !== curve.high[index]);
  return element`<g class="series ${look.kind}" data-algorithm="${curve.label}">${
    banded &&
    element`<path class="band" d="${bandPath(points(x, y, curve, curve.low), points(x, y, curve, curve.high))}"/>`
  }<path class="line" d="${linePath(line)}"/>${style === "points" && symbols(look.symbol, line)}${
    nameMark(curve, x, y, place)
  }</g>`;
}

/** What is said to those who can't see it: where each curve begins and ends. */
function described(curves: readonly Curve[], { yFormat, style }: CurvesOptions): string {
  if (style === "seeds") return `${curves.length} seeds; the table below has their numbers.`;
  return curves.map(({ label, mean }) => {
    const first = mean.find((value) => value !== null) ?? null, last = lastOf(mean);
    return last === null ? `${label}: nothing recorded` : `${label}: from ${yFormat(first!)} to ${yFormat(last)}`;
  }).join("; ") + ".";
}

/** Plots curves. The numbers behind them go along, for the pointer and the keyboard. */
export function curvesPlot(curves: readonly Curve[], looks: Looks, options: CurvesOptions): Markup {
  const area = plotArea(width, height, margin), { floor, ceiling, base = null } = options;
  const x = linear(extentOf(curves.flatMap((curve) => curve.x)), area.x, { round: false, ticks: 5 });
  const values = [...curves.flatMap(({ mean, low, high }) => [...mean, ...low, ...high]), base];
  const y = linear(extentOf(values), area.y, { floor, ceiling });
  const places = namePlaces(curves, y), crowded = curves.length > mostBands;
  return plot(
    {
      width,
      height,
      margin,
      x: { scale: x, title: options.x, format: tickFormat(options.xFormat) },
      y: { scale: y, title: options.y, format: tickFormat(options.yFormat) },
      title: options.title,
      description: described(curves, options),
      data: {
        tabindex: 0,
        "data-curves": options.source ?? compact(curves),
        "data-axis": [...x.domain, ...x.range].join(" "),
        "data-unit": options.y,
      },
    },
    [
      element`${
        base !== null && [
          segment(area.x[0], y(base), area.x[1], y(base), "reference"),
          label(area.x[0] + 6, y(base) - 6, "before training", "tick"),
        ]
      }`,
      element`<g${attributes({ class: crowded && "many", "data-most": crowded && mostBands })}>${
        curves.map((curve, index) =>
          series(curve, x, y, looks.get(curve.label) ?? baseLook, places[index], !crowded, options)
        )
      }</g>`,
    ],
  );
}

/**
 * Curves as the script of the page reads them, with five digits: `label;x x;mean mean;low low;high high|label;…`. Where
 * a list of x is that of the curve before, it is empty.
 */
function compact(curves: readonly Curve[]): string {
  const short = (values: readonly (number | null)[]) =>
    values.map((value) => value === null ? "-" : String(Number(value.toPrecision(5))).replace(/^0\./, ".")).join(" ");
  const places = curves.map(({ x }) => short(x));
  return curves.map(({ label, mean, low, high }, index) => {
    const own = places[index] === places[index - 1] ? "" : places[index];
    return [encodeURIComponent(label), own, ...[mean, low, high].map(short)].join(";");
  }).join("|");
}
