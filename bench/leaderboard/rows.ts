/**
 * The rows of one task: every seed's columns beside their aggregates, computed from the records of its cells.
 *
 * @module
 */
import { namesPrompt } from "../context/family.ts";
import { Refusal } from "../outcomes.ts";
import type { PlannedCell } from "../parts.ts";
import { type CellFailure, type CellResult, readChain, readJournal, readJson } from "../records.ts";
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import { estimate } from "../statistics/bootstrap.ts";
import { standardDeviation } from "../statistics/describe.ts";
import { passAtK } from "../statistics/pass_at_k.ts";
import { baseMetrics, type Metrics, metricsOf } from "./metrics.ts";
import { trainingSeries } from "./series.ts";
import type { CurvePoint, Estimates, LeaderboardRow, SeedRow, Verified } from "./shape.ts";

/** A cell's record, read back. */
export interface ReadCell extends PlannedCell {
  /** Training steps. */
  steps: StepLine[];
  /** Evaluations, the first before training. */
  evaluations: EvaluationLine[];
  /** Seconds. */
  timing: TimingLine[];
  /** What it came to, if it finished. */
  result?: CellResult;
  /** What stopped it, if a health gate did. */
  failure?: CellFailure;
  /** Whether it was repeated. */
  verification?: { level: Verified; hash: string };
}

/** Reads the record of a planned cell below `directory`, as far as it is. */
export async function readCell(planned: PlannedCell, directory: string): Promise<ReadCell> {
  const [{ steps, evaluations, hash }, timing, result, failure, verification] = await Promise.all([
    readChain<StepLine, EvaluationLine>(directory, planned.cell),
    readJournal<TimingLine>(`${directory}/timing.jsonl`),
    readJson<CellResult>(`${directory}/result.json`),
    readJson<CellFailure>(`${directory}/failure.json`),
    readJson<{ level: Verified; hash: string }>(`${directory}/verification.json`),
  ]);
  if (result && (result.id !== planned.cell.id || result.hash !== hash)) {
    throw new Refusal(
      `${directory}/result.json: its hash is not that of the recorded lines; delete the directory to run the cell again.`,
    );
  }
  return { ...planned, steps, evaluations, timing, result, failure: result ? undefined : failure, verification };
}

/** Estimate over seeds of every number in the metrics; null where no seed has it. `shape` says which numbers there are. */
function aggregate(values: readonly unknown[], shape: unknown): unknown {
  if (shape === null || typeof shape === "number") {
    return estimate(values.filter((value) => typeof value === "number").map((value) => [value]));
  }
  const field = (value: unknown, name: string) => (value as { [name: string]: unknown })[name];
  const names = Object.keys(shape as object);
  return Object.fromEntries(
    names.map((name) => [name, aggregate(values.map((value) => field(value, name)), field(shape, name))]),
  );
}

/** Aggregates of a row; accuracy is resampled over problems too, because the held-out set is a sample as well. */
function estimatesOf(metrics: readonly Metrics[], evaluations: readonly EvaluationLine[], samples: number): Estimates {
  const shape = metrics[0] ?? metricsOf({ steps: [], evaluations: [], timing: [] });
  const estimates = aggregate(metrics, shape) as Estimates;
  const perProblem = (value: (evaluation: EvaluationLine) => number[]) => estimate(evaluations.map(value));
  if (evaluations.length > 0) {
    estimates.accuracy.greedy = perProblem(({ problems }) => problems.greedy);
    estimates.accuracy.average = perProblem(({ problems }) => problems.right.map((right) => right / samples));
    for (const k of Object.keys(evaluations[0].pass)) {
      estimates.accuracy.pass[k] = perProblem(({ problems }) =>
        problems.right.map((right) => passAtK(samples, right, Number(k)))
      );
    }
  }
  return estimates;
}

/** The evaluations of a cell, with what training had cost until each. */
function curveOf({ steps, evaluations, timing }: ReadCell): CurvePoint[] {
  return evaluations.map(({ step, greedy, average, length, kl }) => ({
    step,
    responses: steps.reduce((sum, line) => line.step <= step ? sum + line.cost.responses : sum, 0),
    seconds: timing.length === 0 ? null : timing.reduce(
      (sum, { step: at, rollout = 0, grade = 0, algorithm = 0, score = 0, update = 0 }) =>
        at <= step ? sum + rollout + grade + algorithm + score + update : sum,
      0,
    ),
    greedy,
    average,
    length: length.mean,
    kl,
  }));
}

function seedRow(read: ReadCell): SeedRow {
  const { cell, result, failure, verification } = read, { reflector, policyPrices } = cell.sources;
  return {
    seed: cell.identity.seed,
    cell: cell.id,
    hash: result?.hash ?? null,
    weights: result?.weights ?? null,
    verified: verification && verification.hash === result?.hash ? verification.level : null,
    failure: failure ? { step: failure.step, gate: failure.gate, message: failure.message } : null,
    metrics: metricsOf(
      { ...read, policyPrices, reflectorPrices: reflector?.prices },
      !result,
      failure?.gate === "finite",
    ),
    curve: curveOf(read),
  };
}

/** The row of one algorithm; its rank is given later. */
export function rowOf(
  label: string,
  note: string | undefined,
  cells: readonly ReadCell[],
  samples: number,
): LeaderboardRow {
  const seeds = cells.map(seedRow), finished = cells.filter(({ result }) => result);
  const { algorithm, training } = cells[0].cell.identity;
  return {
    rank: null,
    label,
    algorithm: algorithm.name,
    options: algorithm.options,
    learningRate: namesPrompt(algorithm.name) ? null : training.learningRate,
    note: note ?? null,
    metrics: estimatesOf(
      seeds.filter(({ hash }) => hash !== null).map(({ metrics }) => metrics),
      finished.map(({ evaluations }) => evaluations.at(-1)!),
      samples,
    ),
    seedSpread: standardDeviation(finished.map(({ evaluations }) => evaluations.at(-1)!.average)),
    training: trainingSeries(finished.map(({ steps }) => steps)),
    seeds,
  };
}

/** The policy before training: the first evaluation of one cell per seed. */
export function baseRow(cells: readonly ReadCell[], samples: number): LeaderboardRow {
  const bySeed = new Map<number, ReadCell>();
  for (const read of cells) {
    const { seed } = read.cell.identity;
    if (read.evaluations.length > 0 && !bySeed.has(seed)) bySeed.set(seed, read);
  }
  const seeds = [...bySeed].map(([seed, { cell, evaluations: [first] }]): SeedRow => ({
    seed,
    cell: cell.id,
    hash: first.hash,
    weights: cell.identity.policy.digest,
    verified: null,
    failure: null,
    metrics: baseMetrics(first),
    curve: [{
      step: 0,
      responses: 0,
      seconds: 0,
      greedy: first.greedy,
      average: first.average,
      length: first.length.mean,
      kl: first.kl,
    }],
  }));
  const firsts = [...bySeed.values()].map(({ evaluations }) => evaluations[0]);
  return {
    rank: null,
    label: "before training",
    algorithm: null,
    options: {},
    learningRate: null,
    note: null,
    metrics: estimatesOf(seeds.map(({ metrics }) => metrics), firsts, samples),
    seedSpread: standardDeviation(firsts.map(({ average }) => average)),
    training: null,
    seeds,
  };
}
