/**
 * The columns of the leaderboard for one cell, computed from its record. What a column means is said here and in
 * `stability.ts`, `cost.ts` and `../lengths.ts`, nowhere else.
 *
 * @module
 */
import type { TokenPrices } from "../context/endpoint_policy.ts";
import { type Lengths, noLengths } from "../lengths.ts";
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import { type Cost, costOf } from "./cost.ts";
import type { Metric } from "./numbers.ts";
import { type Stability, stabilityOf } from "./stability.ts";

export type { Metric } from "./numbers.ts";
export type { Cost } from "./cost.ts";
export type { Stability } from "./stability.ts";

/** Columns of one cell. */
export interface Metrics {
  /** Held-out accuracy after training. */
  accuracy: {
    /** Share of problems whose greedy response is right. */
    greedy: Metric;
    /** avg@k: share of right responses among k sampled ones. */
    average: Metric;
    /** Unbiased pass@k, by k. */
    pass: Record<string, Metric>;
    /** Gain of `average` over the policy before training. */
    gain: Metric;
  };
  /** Length in tokens of the held-out sampled responses after training. */
  length: Lengths;
  /** Mean of every reward channel of the task over the held-out sampled responses after training, by name. */
  channels: Record<string, Metric>;
  /** Whether training went well. */
  stability: Stability;
  /** What training took; evaluation is not counted. */
  cost: Cost;
}

/** The lines of a cell's record. */
export interface CellLines {
  /** Training steps. */
  steps: readonly StepLine[];
  /** Evaluations, the first before training. */
  evaluations: readonly EvaluationLine[];
  /** Seconds; empty if the cell was run without a clock. */
  timing: readonly TimingLine[];
  /** What tokens of a policy behind an endpoint cost, where that was said. */
  policyPrices?: TokenPrices;
  /** What tokens of the reflector cost, where that was said. */
  reflectorPrices?: TokenPrices;
}

/** Final accuracy and lengths from one evaluation; `base` is the evaluation before training. */
function fromEvaluation(last: EvaluationLine | undefined, base: EvaluationLine | undefined) {
  return {
    accuracy: {
      greedy: last?.greedy ?? null,
      average: last?.average ?? null,
      pass: last?.pass ?? {},
      gain: last && base ? last.average - base.average : null,
    },
    length: last?.length ?? noLengths,
    channels: last?.channels ?? {},
  };
}

/** Columns of a cell. `nonFinite` says that a number that is not finite stopped it; a stopped cell has no final columns. */
export function metricsOf(lines: CellLines, stopped = false, nonFinite = false): Metrics {
  const { evaluations } = lines;
  const outcome = fromEvaluation(stopped ? undefined : evaluations.at(-1), evaluations[0]);
  return {
    ...outcome,
    stability: stabilityOf(lines, stopped, nonFinite),
    cost: costOf(lines, outcome.accuracy.gain),
  };
}

/** Columns of the policy before training: those that the first evaluation gives. */
export function baseMetrics(base: EvaluationLine): Metrics {
  const nothing: Metrics = metricsOf({ steps: [], evaluations: [], timing: [] });
  return {
    ...fromEvaluation(base, base),
    stability: { ...nothing.stability, kl: base.kl, unanswered: base.unanswered, nonFiniteSteps: null },
    cost: { ...nothing.cost, responses: 0, tokensGenerated: 0, tokensTrained: 0, updates: 0, seconds: 0 },
  };
}
