/**
 * Learning curves from the evaluations of single seeds: by training step, by sampled responses, by seconds.
 *
 * @module
 */
import type { CurvePoint, LeaderboardRow, TrainingSeries } from "../leaderboard/shape.ts";
import type { Curve } from "./figures/curves.ts";
import { fixed, type Format, percent, significant } from "./numbers.ts";

/** A quantity of an evaluation. */
export interface CurveMetric {
  /** Name in the leaderboard. */
  key: "average" | "greedy" | "length" | "kl";
  /** For people, with the unit. */
  title: string;
  /** How its numbers are written. */
  format: Format;
  /** Least and largest possible value. */
  floor?: number;
  ceiling?: number;
}

/** Quantities of an evaluation. */
export const curveMetrics: readonly CurveMetric[] = [
  { key: "average", title: "accuracy of sampled responses, %", format: percent, floor: 0, ceiling: 1 },
  { key: "greedy", title: "accuracy of the greedy response, %", format: percent, floor: 0, ceiling: 1 },
  { key: "length", title: "length, tokens", format: fixed(1), floor: 0 },
  { key: "kl", title: "KL to the base policy, nats per token", format: significant, floor: 0 },
];

/** What a learning curve is drawn over. */
export const curveAxes = [
  { key: "step", title: "training steps" },
  { key: "responses", title: "responses sampled" },
  { key: "seconds", title: "seconds of training on one core" },
] as const;

/** Key of {@linkcode curveAxes}. */
export type CurveAxis = typeof curveAxes[number]["key"];

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Mean, lowest and highest over the seeds that were evaluated at each step. Along the axis a point stands at the mean
 * of those seeds; a point where a seed has no seconds is left out.
 */
export function learningCurve({ label, seeds }: LeaderboardRow, metric: CurveMetric["key"], axis: CurveAxis): Curve {
  const byStep = new Map<number, CurvePoint[]>();
  for (const { curve } of seeds) {
    for (const point of curve) byStep.set(point.step, [...byStep.get(point.step) ?? [], point]);
  }
  const steps = [...byStep.keys()].sort((a, b) => a - b);
  const points = steps.flatMap((step) => {
    const found = byStep.get(step)!, places = found.map((point) => point[axis]);
    if (places.includes(null)) return [];
    const values = found.map((point) => point[metric]).filter((value) => value !== null);
    const some = values.length > 0;
    return [{
      x: meanOf(places as number[]),
      mean: some ? meanOf(values) : null,
      low: some ? Math.min(...values) : null,
      high: some ? Math.max(...values) : null,
    }];
  });
  return {
    label,
    x: points.map(({ x }) => x),
    mean: points.map(({ mean }) => mean),
    low: points.map(({ low }) => low),
    high: points.map(({ high }) => high),
  };
}

/** A recorded quantity of every training step. */
export interface SeriesMetric extends Omit<CurveMetric, "key"> {
  /** Name in the leaderboard. */
  key: Exclude<keyof TrainingSeries, "steps">;
}

/** Quantities of every training step. */
export const seriesMetrics: readonly SeriesMetric[] = [
  { key: "accuracy", title: "accuracy of training responses, %", format: percent, floor: 0, ceiling: 1 },
  { key: "entropy", title: "entropy, nats per token", format: significant, floor: 0 },
  { key: "gradientNorm", title: "gradient norm before clipping", format: significant, floor: 0 },
  { key: "groupsWithoutSignal", title: "groups without signal, %", format: percent, floor: 0, ceiling: 1 },
];

/** A training series as a curve; null where nothing was recorded. */
export function trainingCurve({ label, training }: LeaderboardRow, metric: SeriesMetric["key"]): Curve | null {
  return training && training.steps.length > 0 ? { label, x: training.steps, ...training[metric] } : null;
}
