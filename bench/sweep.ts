/**
 * The learning-rate sweep before a comparison, so that no algorithm is compared untuned: every entry of a suite is
 * trained with each learning rate, on other seeds and measured on other held-out problems than those that are reported.
 * The rate with the best mean avg@k is the one the comparison runs with; of equals the smallest. Algorithms that learn a
 * prompt have no learning rate and take no part.
 *
 * @module
 */
import { namesPrompt } from "./context/family.ts";
import type { Suite, SuiteAlgorithm } from "./suite.ts";

/** How learning rates are chosen. */
export interface Sweep {
  /** Learning rates to try, in rising order. */
  learningRates: number[];
  /** Those of single tasks, where the best ones lie elsewhere. */
  byTask?: Record<string, number[]>;
  /** Seeds to try them on; none of those that are reported. */
  seeds: number[];
  /** Held-out problems that are left out before those it is measured on: at least those that are reported. */
  offset: number;
}

/** What came of one learning rate. */
export interface SweepPoint {
  /** The learning rate. */
  learningRate: number;
  /** avg@k of every seed of the sweep; null where a health gate stopped it. */
  scores: (number | null)[];
}

/** How the learning rate of an entry was chosen. */
export interface Tuned {
  /** Row of the leaderboard. */
  label: string;
  /** The one chosen. */
  learningRate: number;
  /** True if it is the smallest or the largest that was tried: a better one may lie beyond. */
  atEdge: boolean;
  /** All that were tried. */
  points: SweepPoint[];
}

const nameOf = ({ label, name }: SuiteAlgorithm) => label ?? name;

/** Learning rates that are tried on a task. */
export function ratesOf({ learningRates, byTask = {} }: Sweep, { task }: Pick<Suite, "task">): readonly number[] {
  return Object.hasOwn(byTask, task) ? byTask[task] : learningRates;
}

/** Label of an entry at a learning rate, in the suite that {@linkcode sweepSuite} makes. */
export function sweepLabel(label: string, learningRate: number): string {
  return `${label} at ${learningRate}`;
}

/** The suite that tries all learning rates of all entries; it is evaluated only before and after training. */
export function sweepSuite(suite: Suite, sweep: Sweep): Suite {
  const { seeds, offset } = sweep, { also: _, ...evaluation } = suite.evaluation;
  return {
    ...suite,
    algorithms: suite.algorithms.filter(({ name }) => !namesPrompt(name)).flatMap((entry) =>
      ratesOf(sweep, suite).map((learningRate) => ({
        ...entry,
        label: sweepLabel(nameOf(entry), learningRate),
        training: { ...entry.training, learningRate },
      }))
    ),
    seeds,
    evaluation: { ...evaluation, interval: Math.max(1, suite.training.steps), offset },
  };
}

/** Chooses among points. A rate that a health gate stopped on some seed is chosen only if all were. */
function chosen(points: readonly SweepPoint[]): SweepPoint {
  const score = ({ scores }: SweepPoint) =>
    scores.some((value) => value === null)
      ? -1
      : scores.reduce<number>((sum, value) => sum + value!, 0) / scores.length;
  return points.reduce((best, point) => score(point) > score(best) ? point : best);
}

/** Chooses the learning rate of every entry; `scoreOf` gives avg@k of a label of the sweep's suite and a seed. */
export function tune(
  suite: Suite,
  sweep: Sweep,
  scoreOf: (label: string, seed: number) => number | null,
): Tuned[] {
  const { seeds } = sweep, learningRates = ratesOf(sweep, suite);
  return suite.algorithms.filter(({ name }) => !namesPrompt(name)).map((entry) => {
    const label = nameOf(entry);
    const points = learningRates.map((learningRate) => ({
      learningRate,
      scores: seeds.map((seed) => scoreOf(sweepLabel(label, learningRate), seed)),
    }));
    const { learningRate } = chosen(points), at = learningRates.indexOf(learningRate);
    return { label, learningRate, atEdge: at === 0 || at === learningRates.length - 1, points };
  });
}

/** The suite with the learning rates that were chosen. */
export function tunedSuite(suite: Suite, tuned: readonly Tuned[]): Suite {
  return {
    ...suite,
    algorithms: suite.algorithms.map((entry) => {
      const found = tuned.find(({ label }) => label === nameOf(entry));
      return found ? { ...entry, training: { ...entry.training, learningRate: found.learningRate } } : entry;
    }),
  };
}
