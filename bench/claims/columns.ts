/**
 * Columns that claims are about: how they are found in the metrics of a seed, and how people call them.
 *
 * @module
 */
import type { Metric, Metrics } from "../leaderboard/metrics.ts";

/** A column for people. */
interface Column {
  /** What it is. */
  name: string;
  /** Its numbers are multiplied by this. */
  factor: number;
  /** What they are then, with the space before it. */
  unit: string;
  /** Decimals. */
  digits: number;
}

const share = (name: string): Column => ({ name, factor: 100, unit: " points", digits: 1 });
const tokens = (name: string): Column => ({ name, factor: 1, unit: " tokens", digits: 2 });
const nats = (name: string): Column => ({ name, factor: 1, unit: " nats", digits: 3 });

const columns: Readonly<Record<string, Column>> = {
  "accuracy.average": share("accuracy"),
  "channels.brevity": { name: "brevity", factor: 1, unit: "", digits: 3 },
  "channels.format": share("right format"),
  "cost.seconds": { name: "training time", factor: 1, unit: " seconds", digits: 2 },
  "length.mean": tokens("length"),
  "length.wrong.mean": tokens("length of wrong answers"),
  "stability.entropyChange": nats("change of entropy"),
  "stability.entropyLast": nats("last entropy"),
  "stability.finalOverBest": share("final over best accuracy"),
  "stability.groupsWithoutSignal": share("groups without signal"),
  "stability.learnedWithoutSignal": share("groups without signal among those learned from"),
  "stability.roughness": { name: "roughness of training", factor: 1, unit: "", digits: 4 },
};

/** A column by its path; one without a name of its own is called by its path. */
export function columnOf(metric: string): Column {
  return Object.hasOwn(columns, metric) ? columns[metric] : { name: metric, factor: 1, unit: "", digits: 4 };
}

/** The number at a path of a seed's metrics; null where there is none. */
export function metricAt(metrics: Metrics, path: string): Metric {
  let place: unknown = metrics;
  for (const name of path.split(".")) {
    place = typeof place === "object" && place !== null && Object.hasOwn(place, name)
      ? (place as { [name: string]: unknown })[name]
      : null;
  }
  return typeof place === "number" ? place : null;
}
