/**
 * Whether training went well, computed from the record of a cell. The one place where these columns are defined.
 *
 * @module
 */
import type { EvaluationLine, StepLine } from "../run_cell.ts";
import { mean, quantile } from "../statistics/describe.ts";
import { given, largest, lowest, type Metric, total } from "./numbers.ts";

/** Stability of one cell. */
export interface Stability {
  /** Last evaluation's avg@k over the best one's: 1 says that nothing of what was reached was lost again. */
  finalOverBest: Metric;
  /**
   * 1 if the run collapsed, else 0: some evaluation fell below {@linkcode COLLAPSED} of the best one before it. The
   * policy before training counts as an evaluation.
   */
  collapsed: Metric;
  /** Step of the first such evaluation; null without a collapse. */
  collapseStep: Metric;
  /** The best avg@k before it. */
  collapseFrom: Metric;
  /** The lowest avg@k from it on. */
  collapseTo: Metric;
  /** Mean entropy per sampled token in the first step, in nats; where groups were replaced, of those that were not. */
  entropyFirst: Metric;
  /** The same in the last step. */
  entropyLast: Metric;
  /** The lowest of all steps. */
  entropyLowest: Metric;
  /** |entropyLast - entropyFirst|: 0 says that entropy neither fell nor rose. */
  entropyChange: Metric;
  /** KL divergence from the policy before training after the last step, in nats per token (see `evaluate.ts`). */
  kl: Metric;
  /** The largest of all evaluations. */
  klLargest: Metric;
  /** Mean share of tokens whose ratio was clipped, as the algorithm reports it. */
  clipFraction: Metric;
  /** Mean global gradient norm before clipping. */
  gradientNorm: Metric;
  /** The largest. */
  gradientNormLargest: Metric;
  /**
   * Share of updates whose gradient norm is more than {@linkcode SPIKE} times the median of the {@linkcode WINDOW}
   * updates before it, of those that have so many before them.
   */
  gradientSpikes: Metric;
  /** Standard deviation of the changes of training accuracy from step to step: how rough the curve is. */
  roughness: Metric;
  /** Share of all sampled groups in which all responses got the same reward. */
  groupsWithoutSignal: Metric;
  /**
   * Share of the groups that were learned from, after the algorithm has replaced some (dynamic sampling), whose
   * responses all got advantage 0, as the algorithm reports it.
   */
  learnedWithoutSignal: Metric;
  /** Share of held-out sampled responses after training in which the grader found no answer. */
  unanswered: Metric;
  /** Steps with a number that is not finite: 0, or 1 if that stopped the cell. */
  nonFiniteSteps: Metric;
  /** Largest |difference| between the log-probs of sampler and training kernels. */
  samplingDifference: Metric;
  /** Largest |ratio - 1| of current to old policy before the first update of a step. */
  ratioDifference: Metric;
}

/** Below this share of the best accuracy so far a run has collapsed. */
export const COLLAPSED = 0.5;

/** A gradient norm so many times the usual one is a spike. */
export const SPIKE = 5;

/** Updates that say what is usual. */
export const WINDOW = 20;

function collapseOf(evaluations: readonly EvaluationLine[]) {
  let best = -Infinity;
  for (const [place, { step, average }] of evaluations.entries()) {
    if (average < COLLAPSED * best) {
      const to = Math.min(...evaluations.slice(place).map((later) => later.average));
      return { collapsed: 1, collapseStep: step, collapseFrom: best, collapseTo: to };
    }
    best = Math.max(best, average);
  }
  return { collapsed: evaluations.length > 0 ? 0 : null, collapseStep: null, collapseFrom: null, collapseTo: null };
}

/** {@linkcode Stability.gradientSpikes} of the norms of a run. */
export function spikeShare(norms: readonly number[]): Metric {
  const judged = norms.slice(WINDOW).map((norm, place) =>
    norm > SPIKE * quantile(norms.slice(place, place + WINDOW), 0.5)!
  );
  return judged.length > 0 ? judged.filter(Boolean).length / judged.length : null;
}

/** {@linkcode Stability.roughness} of a series. */
export function roughnessOf(values: readonly number[]): Metric {
  const changes = values.slice(1).map((value, place) => value - values[place]);
  const center = mean(changes);
  if (changes.length < 2 || center === null) return null;
  return Math.sqrt(total(changes.map((change) => (change - center) ** 2)) / (changes.length - 1));
}

/** {@linkcode Stability.groupsWithoutSignal}; steps differ in the number of prompts they used, and may have used none. */
function groupsWithoutSignal(steps: readonly StepLine[]): Metric {
  const prompts = total(steps.map((line) => line.prompts));
  return prompts === 0 ? null : total(steps.map((line) => (line.groupsWithoutSignal ?? 0) * line.prompts)) / prompts;
}

/** {@linkcode Stability.learnedWithoutSignal}; steps differ in the number of groups they learned from. */
function learnedWithoutSignal(steps: readonly StepLine[]): Metric {
  const reported = steps.filter(({ metrics, groups }) => groups > 0 && metrics.groupsWithoutSignal !== undefined);
  if (reported.length === 0) return null;
  return total(reported.map(({ metrics, groups }) => metrics.groupsWithoutSignal * groups)) /
    total(reported.map(({ groups }) => groups));
}

/**
 * Stability of a cell.
 *
 * @param stopped whether a health gate stopped it: then there is no final evaluation
 * @param nonFinite whether it was a number that is not finite
 */
export function stabilityOf(
  { steps, evaluations }: { steps: readonly StepLine[]; evaluations: readonly EvaluationLine[] },
  stopped: boolean,
  nonFinite: boolean,
): Stability {
  const last = stopped ? undefined : evaluations.at(-1);
  const best = largest(evaluations.map(({ average }) => average));
  const entropies = given(steps.map(({ entropy }) => entropy));
  const norms = steps.flatMap(({ gradientNorms }) => gradientNorms);
  return {
    finalOverBest: last && best ? last.average / best : null,
    ...collapseOf(evaluations),
    entropyFirst: entropies[0] ?? null,
    entropyLast: entropies.at(-1) ?? null,
    entropyLowest: lowest(entropies),
    entropyChange: entropies.length ? Math.abs(entropies.at(-1)! - entropies[0]) : null,
    kl: last?.kl ?? null,
    klLargest: largest(evaluations.map(({ kl }) => kl)),
    clipFraction: mean(given(steps.map(({ metrics }) => metrics.clipFraction))),
    gradientNorm: mean(norms),
    gradientNormLargest: largest(norms),
    gradientSpikes: spikeShare(norms),
    roughness: roughnessOf(given(steps.map(({ accuracy }) => accuracy))),
    groupsWithoutSignal: groupsWithoutSignal(steps),
    learnedWithoutSignal: learnedWithoutSignal(steps),
    unanswered: last?.unanswered ?? null,
    nonFiniteSteps: nonFinite ? 1 : 0,
    samplingDifference: largest(given(steps.map(({ samplingDifference }) => samplingDifference?.max))),
    ratioDifference: largest(given(steps.map(({ ratioDifference }) => ratioDifference))),
  };
}
