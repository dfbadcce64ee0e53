/**
 * The shape of `leaderboard.json`; `leaderboard.schema.json` documents the same for other programs.
 *
 * @module
 */
import type { Benchmark } from "../benchmark.ts";
import type { Environment } from "../environment.ts";
import type { Plan } from "../parts.ts";
import type { Estimate } from "../statistics/bootstrap.ts";
import type { Interval } from "../statistics/interval.ts";
import type { PairComparison } from "../statistics/pairs.ts";
import type { Tuned } from "../sweep.ts";
import type { Metrics } from "./metrics.ts";

/** What `leaderboard.json` holds. */
export interface Leaderboard {
  /** Version of this shape. */
  format: 2;
  /** What was compared, with all defaults filled in. */
  suite: Benchmark;
  /** Where it ran: of several machines the one that most cells ran on. */
  environment: RunEnvironment & { backend: string };
  /** One per task, in the order of the suite. */
  boards: Board[];
  /** The comparison over all tasks; with a single task the same as that of its board. */
  overall: Comparison;
}

/** A machine, and in a merged leaderboard all of them. */
export interface RunEnvironment extends Environment {
  /** In a merged leaderboard: every machine, most cells first; of equally many in the order of their descriptions. */
  machines?: MachineShare[];
}

/** A machine of a merged leaderboard. */
export interface MachineShare {
  /** The machine and its programs. */
  environment: Environment;
  /** Cells that it computed, those of the sweep among them. */
  cells: number;
}

/** The leaderboard of one task. */
export interface Board {
  /** Registry name of the task. */
  task: string;
  /** The data and how it was written as prompts. */
  data: Plan["data"];
  /** The policy before training. */
  policy: Plan["policy"];
  /** How learning rates were chosen; null without a sweep. */
  tuned: Tuned[] | null;
  /** The policy before training. */
  base: LeaderboardRow;
  /** The algorithms, best first. */
  rows: LeaderboardRow[];
  /** Which differences between them are more than chance. */
  comparison: Comparison;
}

/** One algorithm on one task. */
export interface LeaderboardRow {
  /**
   * 1 and the number of algorithms that are significantly better: what nothing tells apart shares a rank. Null for the
   * policy before training and for an algorithm that was not compared.
   */
  rank: number | null;
  /** Name in the suite. */
  label: string;
  /** Registry name; null for the policy before training. */
  algorithm: string | null;
  /** All options after defaults and presets. */
  options: Readonly<Record<string, unknown>>;
  /** Learning rate of this row; null for the policy before training, and where a prompt is learned. */
  learningRate: number | null;
  /** Why its settings differ from those of the others; null where they do not. */
  note: string | null;
  /** Aggregates over the finished seeds. */
  metrics: Estimates;
  /** Standard deviation of avg@k across seeds; null for fewer than two. */
  seedSpread: number | null;
  /** What was recorded of every training step, over the finished seeds; null for the policy before training. */
  training: TrainingSeries | null;
  /** The seeds. */
  seeds: SeedRow[];
}

/** Columns of a row: each number of a cell becomes an estimate over the seeds, or null if no seed has it. */
export type Estimates<T = Metrics> = T extends number | null ? Estimate | null
  : { [Name in keyof T]: Estimates<T[Name]> };

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

/** One evaluation in a learning curve. */
export interface CurvePoint {
  /** Training steps done. */
  step: number;
  /** Responses sampled for training until then. */
  responses: number;
  /** Seconds of training until then, on one core; null if the cell was run without a clock. */
  seconds: number | null;
  /** Share of right greedy responses. */
  greedy: number;
  /** avg@k. */
  average: number;
  /** Mean response length. */
  length: number | null;
  /** KL divergence from the policy before training, in nats per token. */
  kl: number;
}

/** What is recorded of every training step, one entry per step. Five significant digits. */
export interface TrainingSeries {
  /** Numbers of the steps, those that any seed has. */
  steps: number[];
  /** Share of right sampled responses. */
  accuracy: Band;
  /** Mean length of the sampled responses. */
  length: Band;
  /** Mean entropy per token, in nats. */
  entropy: Band;
  /** Global gradient norm before clipping, mean over the minibatches of the step. */
  gradientNorm: Band;
  /** Share of groups without signal. */
  groupsWithoutSignal: Band;
}

/** A curve over seeds; null where no seed has a number. */
export interface Band {
  /** Mean. */
  mean: (number | null)[];
  /** Smallest of the seeds. */
  low: (number | null)[];
  /** Largest of the seeds. */
  high: (number | null)[];
}

/** A level of the reproducibility ladder: same machine, same kind of processor, or anything else. */
export type Verified = "L0" | "L1" | "L2";

/**
 * All algorithms that finished every seed on every task, compared by avg@k after training. Statistics: interquartile
 * mean with stratified bootstrap, paired differences within seeds, Holm's correction over all pairs.
 */
export interface Comparison {
  /** Tasks that count, each as much as the others. */
  tasks: string[];
  /** Seeds that count. */
  seeds: number[];
  /** Best first. */
  standings: Standing[];
  /** Labels that could not be compared, and why. */
  left: { label: string; reason: string }[];
  /** Every pair of the standings. */
  pairs: PairComparison[];
  /** Share of runs that reach a score. */
  profiles: Profiles;
  /** Smallest true difference that so many seeds find in a single pair, median over the pairs; null with one seed. */
  detectable: number | null;
  /** What the comparison says, in sentences for people. */
  verdict: string;
}

/** One algorithm in a comparison. */
export interface Standing {
  /** 1 and the number of algorithms that are significantly better. */
  rank: number;
  /** Whether another algorithm has the same rank. */
  tied: boolean;
  /** Name in the suite. */
  label: string;
  /** Registry name. */
  algorithm: string;
  /** Interquartile mean of avg@k over seeds and tasks. */
  score: Interval;
  /** Mean over tasks and seeds. */
  mean: Interval;
  /** Median over tasks of the mean over seeds. */
  median: Interval;
  /** Mean distance from a score of 1. */
  optimalityGap: Interval;
}

/** Performance profiles: for each score the share of runs that reach more, with its 95 % band. */
export interface Profiles {
  /** Scores. */
  thresholds: number[];
  /** One per standing, in their order. */
  curves: { label: string; share: number[]; low: (number | null)[]; high: (number | null)[] }[];
}
