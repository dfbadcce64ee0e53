/**
 * The columns of the leaderboard for one cell, computed from its record. Every definition is here.
 *
 * @module
 */
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import { mean } from "../statistics/describe.ts";

/** A number, or null where the record has none. */
export type Metric = number | null;

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
  length: {
    /** Mean. */
    mean: Metric;
    /** 10th percentile. */
    p10: Metric;
    /** Median. */
    p50: Metric;
    /** 90th percentile. */
    p90: Metric;
    /** Mean of right responses. */
    right: Metric;
    /** Mean of wrong responses. */
    wrong: Metric;
    /** Share cut at the maximum length. */
    truncated: Metric;
  };
  /** Mean of every reward channel of the task over the held-out sampled responses after training, by name. */
  channels: Record<string, Metric>;
  /** Whether training went well. */
  stability: {
    /** Last evaluation's `average` over the best one's. */
    finalOverBest: Metric;
    /** Mean entropy per sampled token in the first step, in nats; where groups were replaced, of those that were not. */
    entropyFirst: Metric;
    /** The same in the last step. */
    entropyLast: Metric;
    /** The lowest of all steps. */
    entropyLowest: Metric;
    /** Mean share of tokens whose ratio was clipped, as the algorithm reports it. */
    clipFraction: Metric;
    /** Mean global gradient norm before clipping. */
    gradientNorm: Metric;
    /** The largest. */
    gradientNormLargest: Metric;
    /** Share of all sampled groups in which all responses got the same reward. */
    groupsWithoutSignal: Metric;
    /** Steps with a number that is not finite: 0, or 1 if that stopped the cell. */
    nonFiniteSteps: Metric;
    /** Largest |difference| between the log-probs of sampler and training kernels. */
    samplingDifference: Metric;
  };
  /** What training took; evaluation is not counted. */
  cost: {
    /** Responses sampled: the budget, which is the same for all, and greedy ones where an algorithm asks for them. */
    responses: Metric;
    /** Response tokens generated. */
    tokensGenerated: Metric;
    /** Response tokens with a gradient. */
    tokensTrained: Metric;
    /** Optimizer steps of the policy: minibatches over all training steps. */
    updates: Metric;
    /** Seconds of training on one core. */
    seconds: Metric;
    /** Largest resident memory of the process, in bytes. */
    memory: Metric;
  };
}

/** The lines of a cell's record. */
export interface CellLines {
  /** Training steps. */
  steps: readonly StepLine[];
  /** Evaluations, the first before training. */
  evaluations: readonly EvaluationLine[];
  /** Seconds; empty if the cell was run without a clock. */
  timing: readonly TimingLine[];
}

const largest = (values: readonly number[]): Metric => values.length ? values.reduce((a, b) => Math.max(a, b)) : null;
const lowest = (values: readonly number[]): Metric => values.length ? values.reduce((a, b) => Math.min(a, b)) : null;
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const given = (values: readonly (number | null | undefined)[]): number[] => values.filter((value) => value != null);

/** Final accuracy and lengths from one evaluation; `base` is the evaluation before training. */
function fromEvaluation(last: EvaluationLine | undefined, base: EvaluationLine | undefined) {
  return {
    accuracy: {
      greedy: last?.greedy ?? null,
      average: last?.average ?? null,
      pass: last?.pass ?? {},
      gain: last && base ? last.average - base.average : null,
    },
    length: last?.length ??
      { mean: null, p10: null, p50: null, p90: null, right: null, wrong: null, truncated: null },
    channels: last?.channels ?? {},
  };
}

/** Columns of a cell. `nonFinite` says that a number that is not finite stopped it; a stopped cell has no final columns. */
export function metricsOf({ steps, evaluations, timing }: CellLines, stopped = false, nonFinite = false): Metrics {
  const last = stopped ? undefined : evaluations.at(-1);
  const best = largest(evaluations.map(({ average }) => average));
  const entropies = given(steps.map(({ entropy }) => entropy));
  const norms = steps.flatMap(({ gradientNorms }) => gradientNorms);
  return {
    ...fromEvaluation(last, evaluations[0]),
    stability: {
      finalOverBest: last && best ? last.average / best : null,
      entropyFirst: entropies[0] ?? null,
      entropyLast: entropies.at(-1) ?? null,
      entropyLowest: lowest(entropies),
      clipFraction: mean(given(steps.map(({ metrics }) => metrics.clipFraction))),
      gradientNorm: mean(norms),
      gradientNormLargest: largest(norms),
      // Steps differ in the number of prompts they used.
      groupsWithoutSignal: steps.length
        ? total(steps.map(({ groupsWithoutSignal, prompts }) => groupsWithoutSignal * prompts)) /
          total(steps.map(({ prompts }) => prompts))
        : null,
      nonFiniteSteps: nonFinite ? 1 : 0,
      samplingDifference: largest(given(steps.map(({ samplingDifference }) => samplingDifference?.max))),
    },
    cost: {
      responses: total(steps.map(({ cost }) => cost.responses)),
      tokensGenerated: total(steps.map(({ cost }) => cost.tokensGenerated)),
      tokensTrained: total(steps.map(({ cost }) => cost.tokensTrained)),
      updates: total(steps.map(({ minibatches }) => minibatches)),
      seconds: timing.length
        ? total(timing.map(({ rollout = 0, score = 0, update = 0 }) => rollout + score + update))
        : null,
      memory: largest(given(timing.map(({ memory }) => memory))),
    },
  };
}

/** Columns of the policy before training: those that the first evaluation gives. */
export function baseMetrics(base: EvaluationLine): Metrics {
  const nothing: Metrics = metricsOf({ steps: [], evaluations: [], timing: [] });
  return {
    ...fromEvaluation(base, base),
    stability: { ...nothing.stability, nonFiniteSteps: null },
    cost: { ...nothing.cost, responses: 0, tokensGenerated: 0, tokensTrained: 0, updates: 0, seconds: 0 },
  };
}
