/**
 * The leaderboard: per-seed rows and their aggregates, in the shape that `leaderboard.schema.json` documents.
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import type { Environment } from "../environment.ts";
import { Refusal } from "../outcomes.ts";
import type { Plan, PlannedCell } from "../parts.ts";
import { type CellFailure, type CellResult, readChain, readJournal, readJson, writeAtomically } from "../records.ts";
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import { validated } from "../schema.ts";
import { type Estimate, estimate } from "../statistics/bootstrap.ts";
import { standardDeviation } from "../statistics/describe.ts";
import { passAtK } from "../statistics/pass_at_k.ts";
import { parseSuite, type Suite } from "../suite.ts";
import schema from "./leaderboard.schema.json" with { type: "json" };
import { baseMetrics, type Metrics, metricsOf } from "./metrics.ts";

/** Columns of a row: each number of a cell becomes an estimate over the seeds, or null if no seed has it. */
export type Estimates<T = Metrics> = T extends number | null ? Estimate | null
  : { [Name in keyof T]: Estimates<T[Name]> };

/** One evaluation in a learning curve. */
export interface CurvePoint {
  /** Training steps done. */
  step: number;
  /** Share of right greedy responses. */
  greedy: number;
  /** avg@k. */
  average: number;
  /** Mean response length. */
  length: number | null;
}

/** One seed of a row. */
export interface SeedRow {
  /** The seed. */
  seed: number;
  /** Its cell. */
  cell: string;
  /** Last hash of the chain; null if the cell did not finish. */
  hash: string | null;
  /** Digest of the trained weights and optimizer state; null if the cell did not finish. */
  weights: string | null;
  /** Level of the reproducibility ladder at which `podium verify` repeated it; null: not verified. */
  verified: Verified | null;
  /** The health gate that stopped it; null if none did. */
  failure: { step: number; gate: string; message: string } | null;
  /** Columns. */
  metrics: Metrics;
  /** Evaluations during training. */
  curve: CurvePoint[];
}

/** One algorithm. */
export interface LeaderboardRow {
  /** Place by avg@k, from 1; null for the policy before training and for rows without a finished seed. */
  rank: number | null;
  /** Name in the suite. */
  label: string;
  /** Registry name; null for the policy before training. */
  algorithm: string | null;
  /** All options after defaults and presets. */
  options: Readonly<Record<string, unknown>>;
  /** Learning rate of this row; null for the policy before training. */
  learningRate: number | null;
  /** Aggregates over the finished seeds. */
  metrics: Estimates;
  /** Standard deviation of avg@k across seeds; null for fewer than two. */
  seedSpread: number | null;
  /** The seeds. */
  seeds: SeedRow[];
}

/** What `leaderboard.json` holds. */
export interface Leaderboard {
  /** Version of this shape. */
  format: 1;
  /** What was compared. */
  suite: Suite;
  /** Where it ran. */
  environment: Environment & { backend: string };
  /** The data and how it was written as prompts. */
  data: Plan["data"];
  /** The policy before training. */
  policy: Plan["policy"];
  /** The policy before training. */
  base: LeaderboardRow;
  /** The algorithms, best first. */
  rows: LeaderboardRow[];
}

/** A level of the reproducibility ladder: same machine, same kind of processor, or anything else. */
export type Verified = "L0" | "L1" | "L2";

/** A cell's record, read back. */
interface ReadCell extends PlannedCell {
  steps: StepLine[];
  evaluations: EvaluationLine[];
  timing: TimingLine[];
  result?: CellResult;
  failure?: CellFailure;
  verification?: { level: Verified; hash: string };
}

async function readCell(planned: PlannedCell, directory: string): Promise<ReadCell> {
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

function curveOf(evaluations: readonly EvaluationLine[]): CurvePoint[] {
  return evaluations.map(({ step, greedy, average, length }) => ({ step, greedy, average, length: length.mean }));
}

function rowOf(label: string, cells: readonly ReadCell[], samples: number): LeaderboardRow {
  const seeds = cells.map((read): SeedRow => {
    const { cell, result, failure, verification } = read;
    return {
      seed: cell.identity.seed,
      cell: cell.id,
      hash: result?.hash ?? null,
      weights: result?.weights ?? null,
      verified: verification && verification.hash === result?.hash ? verification.level : null,
      failure: failure ? { step: failure.step, gate: failure.gate, message: failure.message } : null,
      metrics: metricsOf(read, !result, failure?.gate === "finite"),
      curve: curveOf(read.evaluations),
    };
  });
  const finished = cells.filter(({ result }) => result);
  const { algorithm, training } = cells[0].cell.identity;
  return {
    rank: null,
    label,
    algorithm: algorithm.name,
    options: algorithm.options,
    learningRate: training.learningRate,
    metrics: estimatesOf(
      seeds.filter(({ hash }) => hash !== null).map(({ metrics }) => metrics),
      finished.map(({ evaluations }) => evaluations.at(-1)!),
      samples,
    ),
    seedSpread: standardDeviation(finished.map(({ evaluations }) => evaluations.at(-1)!.average)),
    seeds,
  };
}

/** The policy before training: the first evaluation of one cell per seed. */
function baseRow(cells: readonly ReadCell[], samples: number): LeaderboardRow {
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
    curve: curveOf([first]),
  }));
  const firsts = [...bySeed.values()].map(({ evaluations }) => evaluations[0]);
  return {
    rank: null,
    label: "before training",
    algorithm: null,
    options: {},
    learningRate: null,
    metrics: estimatesOf(seeds.map(({ metrics }) => metrics), firsts, samples),
    seedSpread: standardDeviation(firsts.map(({ average }) => average)),
    seeds,
  };
}

/** Builds the leaderboard of a suite from the records below `directory`. */
export async function buildLeaderboard(
  suite: Suite,
  plan: Plan,
  directory: string,
  machine: Environment,
): Promise<Leaderboard> {
  const cells = await Promise.all(plan.cells.map((planned) => readCell(planned, `${directory}/${planned.cell.id}`)));
  const { samples } = suite.evaluation;
  const labels = [...new Set(cells.map(({ label }) => label))];
  const rows = labels.map((label) => rowOf(label, cells.filter((read) => read.label === label), samples));
  const place = (row: LeaderboardRow) => row.metrics.accuracy.average?.mean ?? -1;
  rows.sort((a, b) => place(b) - place(a));
  let rank = 0;
  for (const row of rows) if (row.metrics.accuracy.average) row.rank = ++rank;
  return {
    format: 1,
    suite,
    environment: { ...machine, backend: plan.policy.backend },
    data: plan.data,
    policy: plan.policy,
    base: baseRow(cells, samples),
    rows,
  };
}

/** Checks a leaderboard against its schema and writes it atomically. */
export async function writeLeaderboard(path: string, leaderboard: Leaderboard): Promise<void> {
  validated(schema, JSON.parse(JSON.stringify(leaderboard)), path);
  await writeAtomically(path, JSON.stringify(leaderboard, null, 2) + "\n");
}

/**
 * Reads a leaderboard and checks it against its schema.
 *
 * @throws {Refusal} one sentence naming the file, if it is not one.
 */
export async function readLeaderboard(path: string): Promise<Leaderboard> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new Refusal(`${path}: can't be read (${reasonOf(error)}); give the leaderboard.json of a run.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${path}: not JSON (${(error as Error).message}); give the leaderboard.json of a run.`);
  }
  const leaderboard = validated<Leaderboard>(schema, value, `${path} is not a leaderboard`);
  parseSuite(leaderboard.suite, `${path}, /suite`);
  return leaderboard;
}
