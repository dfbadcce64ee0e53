/**
 * Leaderboards out of nothing, for tests: any number of algorithms, tasks and seeds, always the same numbers. They have
 * what real ones have: seeds that went wrong, missing numbers, ties, a sweep whose choice is at the edge.
 *
 * @module
 */
import { algorithms } from "../../algorithms/mod.ts";
import { keyOf, uniform } from "../../policy/random.ts";
import { parseBenchmark } from "../benchmark.ts";
import { sha256 } from "../canonical.ts";
import { compare, type Compared } from "../leaderboard/comparison.ts";
import { type Metrics, metricsOf } from "../leaderboard/metrics.ts";
import { trainingSeries } from "../leaderboard/series.ts";
import type { Board, Comparison, Estimates, Leaderboard, LeaderboardRow, SeedRow } from "../leaderboard/shape.ts";
import { estimate } from "../statistics/bootstrap.ts";
import { standardDeviation } from "../statistics/describe.ts";
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import type { Suite } from "../suite.ts";
import type { Tuned } from "../sweep.ts";

/** How large the leaderboard is. */
export interface SyntheticOptions {
  /** Algorithms; more than the registry has get labels with a number. */
  algorithms?: number;
  /** Tasks, at most three. */
  tasks?: number;
  /** Seeds. */
  seeds?: number;
  /** Training steps. */
  steps?: number;
  /** The first algorithm's first seed of the first task was stopped by a health gate, and it has no seconds. */
  failing?: boolean;
  /** Every comparison is a small one, of the first two seeds of the first task: for tests of size, not of numbers. */
  quickly?: boolean;
}

const taskNames = ["gsm8k", "math", "web_search"];
const registry = Object.keys(algorithms);

/** Names in the leaderboard: those of the registry, with a number from the second time on. */
const labelOf = (index: number) =>
  registry[index % registry.length] + (index < registry.length ? "" : ` ${Math.floor(index / registry.length) + 1}`);

/** A number from 0 to 1 for a place in the leaderboard. */
const chance = (...place: (string | number)[]) => uniform(keyOf(7, ...place), 0);

/** What a cell recorded: accuracy rises to a level of the algorithm's own, once it collapses. */
function linesOf(task: string, index: number, seed: number, steps: number) {
  const draw = (...place: (string | number)[]) => chance(task, index, seed, ...place);
  const start = 0.25 + 0.15 * chance(task), level = start + 0.35 * chance(task, index, "level");
  const collapses = index === 3 && seed % 4 === 2;
  const share = (step: number) =>
    collapses && step > steps / 2
      ? 0.08
      : start + (level - start) * (1 - Math.exp(-4 * step / steps)) + 0.05 * (draw("noise", step) - 0.5);
  const summary = (mean: number) => ({
    mean,
    p10: Math.round(mean * 0.7),
    p50: Math.round(mean),
    p90: Math.round(mean * 1.5),
  });
  const lengthAt = (step: number) =>
    28 + 12 * (chance(task, index, "length") - 0.6) * step / steps + draw("tokens", step);
  const interval = Math.max(1, Math.ceil(steps / 4));
  const evaluations = Array.from({ length: steps + 1 }, (_, step) => step)
    .filter((step) => step % interval === 0 || step === steps)
    .map((step) => {
      const average = step === 0 ? start + 0.02 * (chance(task, seed, "start") - 0.5) : share(step);
      return {
        step,
        greedy: Math.min(1, average + 0.2),
        average,
        pass: { 1: average, 2: average + 0.08, 4: average + 0.15, 8: Math.min(1, average + 0.25) },
        length: {
          ...summary(lengthAt(step)),
          right: summary(lengthAt(step) - 2),
          wrong: summary(lengthAt(step) + 5),
          truncated: 0.02 * draw("truncated", step),
          ofBudget: lengthAt(step) / 64,
          excess: 3 + draw("excess", step),
          planning: task === "math" ? null : 0.1 * draw("planning", step),
        },
        channels: { accuracy: average, brevity: 0.4 },
        unanswered: 0.01 * draw("unanswered", step),
        kl: 0.05 * step / steps * (1 + draw("kl", step)),
        cost: { responses: 0, tokensGenerated: 0 },
        problems: { greedy: [], right: [] },
        digest: "",
        hash: sha256(`${task} ${index} ${seed} ${step}`),
      } satisfies EvaluationLine;
    });
  const lines = Array.from({ length: steps }, (_, place) => {
    const step = place + 1;
    return {
      step,
      prompts: 16,
      groups: 16,
      minibatches: 2,
      learningRate: 4e-4,
      loss: 0,
      gradientNorms: [0.2 + 0.2 * draw("norm", step), index === 1 && step === steps ? 9 : 0.3],
      rewards: { accuracy: share(step) },
      accuracy: Math.max(0, share(step)),
      unanswered: 0,
      length: lengthAt(step),
      truncated: 0,
      entropy: 0.2 - 0.15 * step / steps * draw("entropy"),
      groupsWithoutSignal: 0.3 * draw("signal", step),
      selected: 128,
      samplingDifference: { max: 1e-6 * draw("difference", step), mean: 0 },
      ratioDifference: 0,
      batchDifference: 0,
      cost: { responses: 128, tokensGenerated: Math.round(128 * lengthAt(step)), tokensTrained: 3000 },
      metrics: { clipFraction: 0.01 * draw("clip", step) },
      digests: { rollouts: "", rewards: "", scores: "", losses: "" },
      hash: "",
    } satisfies StepLine;
  });
  const second = 0.05 + 0.1 * chance(index, "speed");
  const timing: TimingLine[] = lines.map(({ step }) => ({
    step,
    rollout: second,
    grade: 0.002,
    algorithm: 0.004,
    score: second / 4,
    update: second * (1 + draw("update", step)),
    record: 0.01,
    evaluate: step % interval === 0 ? 2 * second : 0,
    evaluatePolicy: step % interval === 0 ? 1.9 * second : 0,
    total: 3 * second,
    other: 0.01,
    memory: 300e6 + 1e6 * index,
  }));
  return { evaluations, steps: lines, timing };
}

function aggregate(values: readonly unknown[], shape: unknown): unknown {
  if (shape === null || typeof shape === "number") {
    const given = values.filter((value) => typeof value === "number");
    return estimate(given.map((value) => [value]), { resamples: 200 });
  }
  const field = (value: unknown, name: string) => (value as Record<string, unknown>)[name];
  return Object.fromEntries(
    Object.keys(shape as object).map((name) => [
      name,
      aggregate(values.map((value) => field(value, name)), field(shape, name)),
    ]),
  );
}

const estimatesOf = (metrics: readonly Metrics[]) =>
  aggregate(metrics, metrics[0] ?? metricsOf({ steps: [], evaluations: [], timing: [] })) as Estimates;

function rowOf(task: string, index: number, suite: Suite, stopped?: number): LeaderboardRow {
  const { steps } = suite.training, { name, label = name, note } = suite.algorithms[index];
  const cells = suite.seeds.map((seed) => ({
    seed,
    lines: linesOf(task, index, seed, steps),
    stopped: seed === stopped,
  }));
  const seeds = cells.map(({ seed, lines, stopped }): SeedRow => {
    const known = stopped ? { ...lines, evaluations: lines.evaluations.slice(0, 2), timing: [] } : lines;
    const cell = sha256(`${task} ${label} ${seed}`).slice(0, 16);
    return {
      seed,
      cell,
      hash: stopped ? null : sha256(cell),
      weights: stopped ? null : sha256(`weights ${cell}`),
      verified: !stopped && seed === suite.seeds[0] ? "L0" : null,
      failure: stopped ? { step: 3, gate: "finite", message: "the loss is <NaN> & not a number" } : null,
      metrics: metricsOf(known, stopped, stopped),
      curve: known.evaluations.map(({ step, greedy, average, length, kl }) => ({
        step,
        responses: 128 * step,
        seconds: known.timing.length
          ? known.timing.slice(0, step).reduce((sum, { rollout, update }) => sum + rollout! + update!, 0)
          : null,
        greedy,
        average,
        length: length.mean,
        kl,
      })),
    };
  });
  const finished = cells.filter(({ stopped }) => !stopped);
  return {
    rank: null,
    label,
    algorithm: name,
    options: algorithms[name].create(suite.algorithms[index].options).options,
    learningRate: 4e-4,
    note: note ?? null,
    metrics: estimatesOf(seeds.filter(({ hash }) => hash).map(({ metrics }) => metrics)),
    seedSpread: standardDeviation(finished.map(({ lines }) => lines.evaluations.at(-1)!.average)),
    training: trainingSeries(finished.map(({ lines }) => lines.steps)),
    seeds,
  };
}

function baseOf(task: string, suite: Suite): LeaderboardRow {
  const seeds = suite.seeds.map((seed): SeedRow => {
    const { evaluations: [first] } = linesOf(task, 0, seed, suite.training.steps);
    return {
      seed,
      cell: sha256(`${task} base ${seed}`).slice(0, 16),
      hash: first.hash,
      weights: sha256("base"),
      verified: null,
      failure: null,
      metrics: metricsOf({ steps: [], evaluations: [first], timing: [] }),
      curve: [{ step: 0, responses: 0, seconds: 0, greedy: first.greedy, average: first.average, length: 28, kl: 0 }],
    };
  });
  return {
    rank: null,
    label: "before training",
    algorithm: null,
    options: {},
    learningRate: null,
    note: null,
    metrics: estimatesOf(seeds.map(({ metrics }) => metrics)),
    seedSpread: standardDeviation(seeds.map(({ metrics }) => metrics.accuracy.average!)),
    training: null,
    seeds,
  };
}

function tunedOf(task: string, suite: Suite): Tuned[] {
  return suite.algorithms.map(({ name, label = name }, index) => {
    const points = [2e-4, 4e-4, 8e-4].map((learningRate) => ({
      learningRate,
      scores: [101, 102].map((seed) =>
        index === 2 && learningRate === 8e-4 ? null : chance(task, index, seed, learningRate)
      ),
    }));
    const best = points.reduce((a, b) => (b.scores[0] ?? 0) > (a.scores[0] ?? 0) ? b : a);
    return { label, learningRate: best.learningRate, atEdge: best !== points[1], points };
  });
}

/** A leaderboard of this size. */
export function syntheticLeaderboard(options: SyntheticOptions = {}): Leaderboard {
  const { algorithms: count = 4, tasks = 2, seeds = 3, steps = 24, failing = false, quickly = false } = options;
  let known: Comparison | undefined;
  const compared = (tasks: readonly Compared[], own: readonly number[]): Comparison =>
    quickly ? known ??= compare(tasks, own.slice(0, 2)) : compare(tasks, own);
  const suite = parseBenchmark({
    name: "synthetic",
    summary: "Made for tests.",
    tasks: taskNames.slice(0, tasks).map((task, index) => ({
      task,
      policy: ["embedded:base", "embedded:math", "embedded:search"][index],
    })),
    sweep: { learningRates: [2e-4, 4e-4, 8e-4], seeds: [101, 102], offset: 1024 },
    algorithms: Array.from({ length: count }, (_, index) => ({
      name: registry[index % registry.length],
      label: labelOf(index),
      ...index === 2 && { note: "Its <settings> differ & are said here." },
    })),
    seeds: Array.from({ length: seeds }, (_, index) => index + 1),
    training: { steps, promptsPerStep: 16, groupSize: 8, minibatches: 2, learningRate: 4e-4, maxTokens: 64 },
    evaluation: { interval: Math.max(1, Math.ceil(steps / 4)), problems: 64, samples: 8 },
  }, "synthetic");
  const split = (name: string) => ({ source: "embedded", digest: sha256(name), problems: null });
  const boards = suite.tasks.map((own, place): Board => {
    const rows = own.algorithms.map((_, index) =>
      rowOf(own.task, index, own, failing && place === 0 && index === 0 ? own.seeds[0] : undefined)
    );
    const comparison = compared([{ task: own.task, rows }], own.seeds);
    for (const row of rows) row.rank = comparison.standings.find(({ label }) => label === row.label)?.rank ?? null;
    rows.sort((a, b) =>
      (a.rank ?? 1000) - (b.rank ?? 1000) ||
      (b.metrics.accuracy.average?.mean ?? 0) - (a.metrics.accuracy.average?.mean ?? 0)
    );
    return {
      task: own.task,
      data: {
        train: split("train"),
        test: split("test"),
        prompts: sha256("prompts"),
        template: { text: "Question: {question}\nAnswer:", digest: sha256("template") },
        leakage: {
          rule: "exact text",
          train: { problems: 100, exact: 0, shared: 0 },
          test: { problems: 64, shared: 0 },
          dropped: 0,
        },
      },
      policy: { source: own.policy, digest: sha256("policy"), parameters: 94_528, backend: "cpu/1 synthetic" },
      tuned: tunedOf(own.task, own),
      base: baseOf(own.task, own),
      rows,
      comparison,
    };
  });
  return {
    format: 2,
    suite,
    environment: {
      podium: "0.1.0",
      deno: "2.9.6",
      v8: "15.0",
      os: "linux",
      arch: "x86_64",
      cpu: "A <processor> & more",
      instructions: "avx2",
      cores: 2,
      backend: "cpu/1 synthetic",
    },
    boards,
    overall: boards.length === 1 ? boards[0].comparison : compared(boards, suite.tasks[0].seeds),
  };
}
