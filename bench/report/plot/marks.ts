/**
 * The marks of a plot as SVG: lines, bands, intervals, symbols. Coordinates are written to a tenth of a pixel.
 *
 * @module
 */
import { element, type Markup, raw } from "../html.ts";

/** A point in pixels; null where a curve has a gap. */
export type Point = readonly [x: number, y: number] | null;

/** A coordinate, to a tenth of a pixel. */
export const at = (value: number): string => String(Math.round(value * 10) / 10);

/** Points without those that lie on the straight line, as rounded, between their neighbours. */
function bends(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const tenths = points.map(([x, y]) => [Math.round(x * 10), Math.round(y * 10)] as const);
  return tenths.filter(([x, y], index) => {
    const before = tenths[index - 1], after = tenths[index + 1];
    return !before || !after || (after[0] - before[0]) * (y - before[1]) !== (after[1] - before[1]) * (x - before[0]);
  });
}

/** A number of path data; such need no zero before the point. */
const inPixels = (tenths: number) => String(tenths / 10).replace(/^(-?)0\./, "$1.");

/** Two of them: a minus separates as well as a space. */
const pair = (dx: number, dy: number) => `${inPixels(dx)}${dy < 0 ? "" : " "}${inPixels(dy)}`;

/** One stroke through points, relative after the first, which is shorter. */
function stroke(points: readonly (readonly [number, number])[]): string {
  return bends(points).reduce((path, [x, y], index, all) => {
    if (index === 0) return `M${pair(x, y)}`;
    const [px, py] = all[index - 1], dx = x - px, dy = y - py;
    if (dy === 0) return `${path}h${inPixels(dx)}`;
    return dx === 0 ? `${path}v${inPixels(dy)}` : `${path}l${pair(dx, dy)}`;
  }, "");
}

/** Runs of points without a gap. */
function pieces(points: readonly Point[]): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [[]];
  for (const point of points) {
    if (point) runs.at(-1)!.push(point);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** Path data of a line, interrupted where points are missing. */
export function linePath(points: readonly Point[]): string {
  return pieces(points).map(stroke).join("");
}

/** Path data of the area between two lines; it is left open where either has a gap. */
export function bandPath(low: readonly Point[], high: readonly Point[]): string {
  const both = low.map((point, index) => point && high[index] ? { low: point, high: high[index]! } : null);
  const runs: { low: readonly [number, number]; high: readonly [number, number] }[][] = [[]];
  for (const pair of both) {
    if (pair) runs.at(-1)!.push(pair);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 1).map((run) =>
    `${stroke([...run.map(({ low }) => low), ...run.map(({ high }) => high).reverse()])}z`
  ).join("");
}

/**
 * Shapes of symbols around a point, so that series are told apart without colour. A line of no length with round or
 * square ends is a dot or a square as wide as its stroke; the others are as large without a stroke.
 */
const shapes: readonly { kind: string; at: (x: number, y: number) => string }[] = [
  { kind: "round", at: (x, y) => `M${at(x)} ${at(y)}h0` },
  { kind: "square", at: (x, y) => `M${at(x)} ${at(y)}h0` },
  { kind: "triangle", at: (x, y) => `M${at(x)} ${at(y - 4)}l4 7h-8z` },
  { kind: "diamond", at: (x, y) => `M${at(x)} ${at(y - 4.5)}l4.5 4.5l-4.5 4.5l-4.5-4.5z` },
];

/** One symbol at each of these points. */
export function symbols(shape: number, points: readonly Point[]): Markup {
  const { kind, at } = shapes[shape % shapes.length];
  return element`<path class="symbol ${kind}" d="${points.map((point) => point ? at(...point) : "").join("")}"/>`;
}

/** Text at a point; `anchor` says which end of it stands there. */
export function label(
  x: number,
  y: number,
  text: string,
  kind = "",
  anchor: "start" | "middle" | "end" = "start",
): Markup {
  const anchored = anchor === "start" ? "" : ` text-anchor="${anchor}"`, named = kind && ` class="${kind}"`;
  return element`<text x="${at(x)}" y="${at(y)}"${raw(anchored + named)}>${text}</text>`;
}

/** A straight line. */
export function segment(x1: number, y1: number, x2: number, y2: number, kind: string): Markup {
  return element`<path class="${kind}" d="M${at(x1)} ${at(y1)}L${at(x2)} ${at(y2)}"/>`;
}

/** Moves numbers apart until neighbours are `gap` from each other, within limits, with as little movement as is simple. */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b]);
  const placed = new Array<number>(wanted.length);
  const narrow = Math.min(gap, (high - low) / Math.max(1, wanted.length - 1));
  let last = -Infinity;
  for (const index of order) last = placed[index] = Math.max(wanted[index], last + narrow, low);
  let next = Infinity;
  for (const index of [...order].reverse()) next = placed[index] = Math.min(placed[index], next - narrow, high);
  return placed;
}
