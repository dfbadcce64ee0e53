/**
 * What training took, computed from the record of a cell. Evaluation is not part of it, unless a column says so.
 *
 * Policy work is what any trainer has to do: prompts to tokens and sampling, scores, gradients and optimizer. All else
 * is overhead (replies of tools, grading, the algorithm, statistics, digests, journals, checkpoints, what no part
 * names), and is meant to stay below 5 % of the wall-clock time. `overhead` is its share of the training steps,
 * `cellOverhead` that of a whole cell: evaluations, of which sampling and scoring are policy work, data and networks
 * being opened, the process being started for the first of its cells, and the end. What a suite does once, before and
 * after its cells, is in neither. Both are measured with every run that has a clock:
 *
 *     deno task bench --algorithms grpo,dapo,ppo --seeds 1-2 --out runs/overhead
 *     deno task podium export runs/overhead --format csv      # columns cost.overhead and cost.cellOverhead
 *
 * @module
 */
import type { CellLines } from "./metrics.ts";
import { type Money, moneyOf } from "./money.ts";
import { given, largest, type Metric, total } from "./numbers.ts";

/** Cost of one cell. */
export interface Cost extends Money {
  /** Responses sampled: the budget, which is the same for all, and greedy ones where an algorithm asks for them. */
  responses: Metric;
  /** Response tokens generated. */
  tokensGenerated: Metric;
  /** Response tokens with a gradient. */
  tokensTrained: Metric;
  /** Tokens of prompts that a policy behind an endpoint read; absent for others. */
  tokensRead?: Metric;
  /** Optimizer steps of the policy: minibatches over all training steps. */
  updates: Metric;
  /** Requests to a reflector; absent where weights are trained. */
  reflections?: Metric;
  /** Those of them that came to nothing: the rules saw nothing to say, or replies could not be read, again and again. */
  reflectionFailures?: Metric;
  /** Calls of a model for them; 0 of the embedded reflector. Absent where weights are trained. */
  reflectorCalls?: Metric;
  /** Tokens read and written in these calls, as far as known. Absent where weights are trained. */
  reflectorTokens?: Metric;
  /** Seconds of training on one core: policy work, grading and the algorithm. */
  seconds: Metric;
  /** The same by part, and what stands beside it: `record` (digests, journals, checkpoints) and `evaluate`. */
  parts: {
    /** Prompts to tokens and sampling, with the replies of tools. */
    rollout: Metric;
    /** Grading. */
    grade: Metric;
    /** Selection, credit, loss and its derivative. */
    algorithm: Metric;
    /** Log-probs and values. */
    score: Metric;
    /** Gradients and optimizer. */
    update: Metric;
    /** Digests, journals and checkpoints. */
    record: Metric;
    /** Evaluations. */
    evaluate: Metric;
  };
  /** Share of training that is not policy work (rollout, score, update), records and what no part names included. */
  overhead: Metric;
  /** The same of the whole cell, with evaluations, start and end; null if its record is older than this column. */
  cellOverhead?: Metric;
  /** Largest resident memory of the process, in bytes. */
  memory: Metric;
  /** avg@k gained per thousand sampled responses. */
  gainPerThousandResponses: Metric;
  /** avg@k gained per second of training. */
  gainPerSecond: Metric;
}

/** Cost of a cell; `gain` is what avg@k rose by. */
export function costOf(lines: CellLines, gain: Metric): Cost {
  const { steps, timing } = lines;
  const part = (
    name: "rollout" | "grade" | "algorithm" | "score" | "update" | "record" | "evaluate" | "total" | "tools",
  ) => timing.length ? total(given(timing.map((line) => line[name]))) : null;
  const parts = {
    rollout: part("rollout"),
    grade: part("grade"),
    algorithm: part("algorithm"),
    score: part("score"),
    update: part("update"),
    record: part("record"),
    evaluate: part("evaluate"),
  };
  const policy = total(given([parts.rollout, parts.score, parts.update])), whole = part("total");
  const trained = policy - (part("tools") ?? 0);
  const seconds = timing.length ? policy + total(given([parts.grade, parts.algorithm])) : null;
  const responses = total(steps.map(({ cost }) => cost.responses));
  return {
    responses,
    tokensGenerated: total(steps.map(({ cost }) => cost.tokensGenerated)),
    tokensTrained: total(steps.map(({ cost }) => cost.tokensTrained)),
    updates: total(steps.map(({ minibatches }) => minibatches)),
    ...steps.some(({ cost }) => cost.tokensRead !== undefined) && {
      tokensRead: total(given(steps.map(({ cost }) => cost.tokensRead))),
    },
    ...steps.some(({ cost }) => cost.reflections !== undefined) && {
      reflections: total(given(steps.map(({ cost }) => cost.reflections))),
      reflectionFailures: total(given(steps.map(({ metrics }) => metrics.reflectionFailures))),
      reflectorCalls: total(given(steps.map(({ cost }) => cost.reflectorCalls))),
      reflectorTokens: total(given(steps.map(({ cost }) => cost.reflectorTokens))),
    },
    ...moneyOf(lines),
    seconds,
    parts,
    overhead: whole ? Math.max(0, 1 - trained / whole) : null,
    cellOverhead: cellOverhead(timing, trained),
    memory: largest(given(timing.map(({ memory }) => memory))),
    gainPerThousandResponses: gain !== null && responses > 0 ? 1000 * gain / responses : null,
    gainPerSecond: gain !== null && seconds ? gain / seconds : null,
  };
}

/** {@linkcode Cost.cellOverhead}, where `trained` seconds of training were policy work. */
function cellOverhead(timing: CellLines["timing"], trained: number): Metric {
  const complete = timing.length > 0 &&
    timing.every(({ other, finish }) => other !== undefined || finish !== undefined);
  if (!complete) return null;
  const all = (name: "total" | "evaluate" | "evaluatePolicy" | "other" | "finish") =>
    total(given(timing.map((line) => line[name])));
  const whole = all("total") + all("evaluate") + all("other") + all("finish");
  return whole > 0 ? Math.max(0, 1 - (trained + all("evaluatePolicy")) / whole) : null;
}
