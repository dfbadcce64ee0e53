/**
 * The frame of a plot: its size, grid, axes and titles, around marks. A frame is an SVG element for the page;
 * {@linkcode standalone} makes a file of it.
 *
 * @module
 */
import { attributes, element, type Markup, raw } from "../html.ts";
import type { Format } from "../numbers.ts";
import { at, label } from "./marks.ts";
import type { Scale } from "./scale.ts";
import style from "./plot.css" with { type: "text" };

/** Space around the plotting area, in pixels. */
export interface Margin {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** An axis and how it is written. */
export interface Axis {
  /** Values to pixels. */
  readonly scale: Scale;
  /** What it measures, with the unit. */
  readonly title: string;
  /** How ticks are written. */
  readonly format: Format;
}

/** A plot without its marks. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly margin: Margin;
  readonly x: Axis;
  readonly y: Axis;
  /** What the plot shows, in a few words. */
  readonly title: string;
  /** The same for those who can't see it, with what there is to see. */
  readonly description: string;
  /** Attributes for the page. */
  readonly data?: Readonly<Record<string, string | number | boolean | null | undefined>>;
}

/** Ranges of the two scales of a plot of this size. */
export function plotArea(width: number, height: number, { top, right, bottom, left }: Margin) {
  return { x: [left, width - right] as const, y: [height - bottom, top] as const };
}

/** Grid, ticks and titles of both axes. */
function axes({ x, y, margin, width, height }: Frame): Markup {
  const bottom = height - margin.bottom, right = width - margin.right, wide = at(right - margin.left);
  const grid = y.scale.ticks.map((tick) => `M${margin.left} ${at(y.scale(tick))}h${wide}`).join("");
  const marks = x.scale.ticks.map((tick) => `M${at(x.scale(tick))} ${bottom}v4`).join("");
  return element`<g aria-hidden="true"><path class="grid" d="${grid}"/><path class="axis" d="M${margin.left} ${bottom}h${wide}${marks}"/><g class="tick" text-anchor="end">${
    y.scale.ticks.map((tick) => label(margin.left - 8, y.scale(tick) + 4, y.format(tick)))
  }</g><g class="tick" text-anchor="middle">${
    x.scale.ticks.map((tick) => label(x.scale(tick), bottom + 18, x.format(tick)))
  }${label((margin.left + right) / 2, height - 8, x.title)}</g>${
    label(margin.left - 8, margin.top - 12, y.title, "axis-title")
  }</g>`;
}

/** A plot as an SVG element. Marks are drawn over the grid. */
export function plot(frame: Frame, marks: Markup | readonly Markup[]): Markup {
  const { width, height, title, description, data } = frame;
  return element`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" ${
    attributes({
      "aria-label": `${title}. ${description}`,
      ...data,
    })
  }>${axes(frame)}${marks}</svg>`;
}

/** A plot of the page as a file of its own, in the colours of the page, light and dark. */
export function standalone({ markup }: Markup, title: string): string {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(markup)!, head = 34;
  const card = `<rect class="card" x="0.5" y="${at(-head + 0.5)}" width="${Number(width) - 1}" height="${
    Number(height) + head - 1
  }" rx="10"/>`;
  return markup
    .replace(
      /^<svg class="plot" viewBox="[^"]*"/,
      `<svg xmlns="http://www.w3.org/2000/svg" class="plot standalone" viewBox="0 ${-head} ${width} ${
        Number(height) + head
      }" width="${width}" height="${Number(height) + head}"`,
    )
    .replace(/>/, `>\n<style>${style}</style>${card}${label(16, -10, title, "title").markup}`) + "\n";
}

/** The style of plots, shared by page and files. */
export const plotStyle: Markup = raw(style);
