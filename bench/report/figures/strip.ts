/**
 * A strip: the interval and the seeds of one number, in a table row that is as wide as the page lets it be. Positions
 * are in percent, so that a strip stretches without its dots becoming ovals.
 *
 * @module
 */
import { attributes, element, type Markup } from "../html.ts";
import type { Scale } from "../plot/scale.ts";

/** A dot: one seed. */
export interface StripDot {
  /** The number. */
  value: number;
  /** What the pointer says. */
  tip: string;
  /** Place among the seeds of the leaderboard's row; absent: the page computed the number. */
  place?: number;
}

/** What a strip shows. */
export interface Strip {
  /** The interval; null without one. */
  interval: readonly [low: number, high: number] | null;
  /** The estimate. */
  value: number | null;
  /** A second estimate, as a hollow diamond. */
  second?: number | null;
  /** The seeds. */
  dots: readonly StripDot[];
  /** JSON Pointer of the list that the places of the dots count in. */
  seeds?: string;
  /** Where the policy before training stands. */
  base?: number | null;
}

/** Height of a strip in pixels. */
const height = 30, middle = height / 2;

/** A position in percent. */
export const inPercent = (value: number): string => `${Math.round(value * 100) / 100}%`;

/** A strip's frame: its marks over the grid that the table's {@linkcode stripGrid} sets. */
export function stripFrame(kind: string, marks: Markup | readonly (Markup | null)[]): Markup {
  return element`<svg class="strip ${kind}" aria-hidden="true">${marks}</svg>`;
}

/** Style of a table with strips on this scale, whose ticks are whole steps from end to end. */
export const stripGrid = ({ ticks }: Scale): string => `--tick:${inPercent(100 / Math.max(1, ticks.length - 1))}`;

/** Draws a strip; the scale's range is 0 to 100. */
export function strip(
  { interval, value, second = null, dots, seeds, base = null }: Strip,
  x: Scale,
  kind: string,
): Markup {
  const at = (value: number) => inPercent(x(value));
  const offset = (place: number) => dots.length > 1 ? Math.round(90 * place / (dots.length - 1) - 45) / 10 : 0;
  const upright = (kind: string, value: number, reach: number) =>
    element`<line class="${kind}" x1="${at(value)}" x2="${at(value)}" y1="${middle - reach}" y2="${middle + reach}"/>`;
  return stripFrame(
    kind.split(" ")[0],
    element`${base !== null && upright("reference", base, middle)}${
      interval &&
      element`<rect class="interval" x="${at(interval[0])}" width="${
        inPercent(Math.max(0.3, x(interval[1]) - x(interval[0])))
      }" y="${middle - 7}" height="14" rx="4"/>`
    }${value !== null && upright("mean", value, 11)}${element`<g${attributes({ "data-seeds": seeds })}>${
      dots.map(({ value, tip, place }, order) =>
        element`<circle${
          attributes({ cx: at(value), cy: middle + offset(order), "data-seed": place, "data-tip": tip })
        }/>`
      )
    }</g>`}${
      second !== null &&
      element`<svg x="${
        at(second)
      }" y="${middle}" overflow="visible"><path class="diamond" d="M0-5l5 5l-5 5l-5-5z"/></svg>`
    }`,
  );
}

/** The ticks over a column of strips. */
export function stripAxis(x: Scale, format: (value: number) => string): Markup {
  return element`<span class="strip-axis" aria-hidden="true">${
    x.ticks.map((tick) => element`<span style="left:${inPercent(x(tick))}">${format(tick)}</span>`)
  }</span>`;
}
