/**
 * Numbers of a leaderboard as people read them; a dash where there is none.
 *
 * @module
 */
import type { Estimate } from "../statistics/bootstrap.ts";
import type { Interval } from "../statistics/interval.ts";
import type { Suite } from "../suite.ts";
import type { Board, RunEnvironment } from "./shape.ts";

/** What stands where there is no number. */
export const none = "-";

/** A share in percent, without the sign. */
export function percent(value: Estimate | null): string {
  return value ? (100 * value.mean).toFixed(1) : none;
}

/** A share in percent with its interval: `64.2 [60.5, 67.6]`. */
export function interval(value: Estimate | null): string {
  return value && value.low !== null && value.high !== null
    ? `${percent(value)} [${(100 * value.low).toFixed(1)}, ${(100 * value.high).toFixed(1)}]`
    : percent(value);
}

/** The same of a statistic. */
export function intervalOf({ value, low, high }: Interval): string {
  return interval({ mean: value, low, high, n: 1 });
}

/** A formatter with so many decimals. */
export function fixed(digits: number): (value: Estimate | null) => string {
  return (value) => value ? value.mean.toFixed(digits) : none;
}

/** Money, of which little counts too: three significant digits. */
export function price(value: Estimate | null): string {
  return value ? Number(value.mean.toPrecision(3)).toString() : none;
}

/** In thousands: `292k`. */
export function thousands(value: Estimate | null): string {
  return value ? `${Math.round(value.mean / 1000)}k` : none;
}

/** A count and its noun: `1 seed`, `3 seeds`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Size of a policy; nobody knows that of one behind an endpoint. */
export function sizeText({ parameters }: { parameters: number }): string {
  return parameters === 0 ? "an unknown number of parameters" : `${parameters.toLocaleString("en-US")} parameters`;
}

/** Held-out problems of an evaluation; a file may hold fewer than the suite asks for. */
export function problemCount(suite: Suite, { data }: Board): number {
  return Math.min(suite.evaluation.problems, data.test.problems ?? Infinity);
}

/** The processors of a run, `A` or `A or B`: each once. */
export function processors(environment: RunEnvironment): string {
  const machines = environment.machines?.map((own) => own.environment) ?? [environment];
  return [...new Set(machines.map(({ cpu, arch }) => cpu ?? arch))].join(" or ");
}
