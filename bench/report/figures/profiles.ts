/**
 * Performance profiles: the share of runs that reach a score.
 *
 * @module
 */
import type { Comparison } from "../../leaderboard/shape.ts";
import type { Markup } from "../html.ts";
import { fixed } from "../numbers.ts";
import type { Looks } from "../series.ts";
import { curvesPlot } from "./curves.ts";

/** Thresholds between which the profiles fall from all runs to none, and one on either side. */
function telling({ thresholds, curves }: Comparison["profiles"]): [number, number] {
  const first = thresholds.findLastIndex((_, at) => curves.every(({ share }) => share[at] === 1));
  const last = thresholds.findIndex((_, at) => curves.every(({ share }) => share[at] === 0));
  return [Math.max(0, first), last < 0 ? thresholds.length - 1 : last];
}

/** Plots the profiles of a comparison, over the scores at which they differ. */
export function profilesPlot({ profiles }: Comparison, title: string, path: string, looks: Looks): Markup | null {
  if (profiles.curves.length === 0) return null;
  const [first, last] = telling(profiles), part = <T>(list: readonly T[]) => list.slice(first, last + 1);
  const curves = profiles.curves.map(({ label, share, low, high }) => ({
    label,
    x: part(profiles.thresholds),
    mean: part(share),
    low: part(low),
    high: part(high),
  }));
  return curvesPlot(curves, looks, {
    title: `Performance profiles, ${title}`,
    x: "score, %",
    xFormat: (value) => fixed(0)(100 * value),
    y: "runs that score more, %",
    yFormat: (value) => fixed(0)(100 * value),
    floor: 0,
    ceiling: 1,
    source: `profiles:${path}`,
  });
}
