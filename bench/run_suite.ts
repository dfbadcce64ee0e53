/**
 * Runs a suite: chooses learning rates where it says so, has the cells executed, and writes the leaderboard.
 *
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { recordedBackend } from "./backend.ts";
import type { Cell } from "./cell.ts";
import { endpointsOf, requireAnswers } from "./context/endpoints.ts";
import { environment } from "./environment.ts";
import type { CellEvent, Executor } from "./execution/executor.ts";
import { canStartProcesses, processes } from "./execution/processes.ts";
import { inProcess } from "./execution/in_process.ts";
import { buildLeaderboard, type Leaderboard, type PlannedTask, writeLeaderboard } from "./leaderboard/leaderboard.ts";
import { Interruption, Refusal } from "./outcomes.ts";
import { type PlannedCell, planSuite } from "./parts.ts";
import { type CellResult, makeDirectory, readJournal, readJson, writeAtomically } from "./records.ts";
import type { EvaluationLine } from "./run_cell.ts";
import type { Suite } from "./suite.ts";
import { type Sweep, sweepSuite, tune, type Tuned, tunedSuite } from "./sweep.ts";

/** A part of a run: the sweep, or the comparison. */
export interface Phase {
  /** Which. */
  name: "sweep" | "comparison";
  /** The tasks with their cells. */
  tasks: PlannedTask[];
}

/** How a suite is run. */
export interface RunSuiteOptions {
  /** Directory of the records and of `leaderboard.json`. */
  out: string;
  /** Cells side by side. Default: the number of cores; 1 on a GPU, or if no process may be started. */
  jobs?: number;
  /** Asks all cells to stop after the step under way. */
  signal?: AbortSignal;
  /** Milliseconds, for the timing columns. Absent: no times. */
  clock?: () => number;
  /** Called before the first cell of a phase. */
  onPhase?: (phase: Phase) => void;
  /** Called as cells get on. */
  onEvent?: (event: CellEvent) => void;
}

/** What a suite came to. */
export interface SuiteOutcome {
  /** The leaderboard, also written to `leaderboard.json`. */
  leaderboard: Leaderboard;
  /** Cells that a health gate stopped. */
  failures: Extract<CellEvent, { type: "failed" }>[];
}

/** A suite about one task as a suite of several. */
export function benchmarkOf(suite: Suite): Benchmark {
  return { name: suite.name, ...suite.summary !== undefined && { summary: suite.summary }, tasks: [suite] };
}

/**
 * Runs all cells that are not finished yet and writes the leaderboard.
 *
 * @throws {Interruption} if `signal` stopped it; the same call continues
 * @throws {Refusal} if something the suite names can't be used
 */
export async function runSuite(suite: Benchmark | Suite, options: RunSuiteOptions): Promise<SuiteOutcome> {
  const benchmark = "tasks" in suite ? suite : benchmarkOf(suite), { out } = options;
  // Everything is planned before anything runs, so that what can't work is refused at once.
  const planned = await planTasks(benchmark.tasks.map((task) => ({ suite: task, tuned: null })));
  const { sweep } = benchmark;
  const swept = sweep
    ? await planTasks(benchmark.tasks.map((t) => ({ suite: sweepSuite(t, sweep), tuned: null })))
    : [];
  await requireReachable([...planned, ...swept], options);
  await makeDirectory(out);
  await writeAtomically(`${out}/suite.json`, JSON.stringify(benchmark, null, 2) + "\n");

  const failures: SuiteOutcome["failures"] = [];
  let tasks = planned;
  if (sweep) {
    // A learning rate at which a gate stops the run is a result of the sweep, not a failure of the comparison.
    await runPhase({ name: "sweep", tasks: swept }, options, []);
    tasks = await planTasks((await tunedTasks(benchmark, sweep, swept, out))!);
  }
  await runPhase({ name: "comparison", tasks }, options, failures);
  const leaderboard = await buildLeaderboard(benchmark, tasks, out, environment());
  await writeLeaderboard(`${out}/leaderboard.json`, leaderboard);
  return { leaderboard, failures };
}

/** Refuses endpoints that don't answer, where a cell that is not finished asks them. */
async function requireReachable(
  tasks: readonly PlannedTask[],
  { out, signal }: Pick<RunSuiteOptions, "out" | "signal">,
): Promise<void> {
  const open: Cell[] = [];
  for (const { cell, directory } of jobsOf(tasks, out)) {
    if (endpointsOf([cell]).length === 0) continue;
    if (!await readJson(`${directory}/result.json`) && !await readJson(`${directory}/failure.json`)) open.push(cell);
  }
  try {
    await requireAnswers(endpointsOf(open), { signal });
  } catch (error) {
    if (signal?.aborted) throw new Interruption("stopped before the first cell; run the same command again.");
    throw error;
  }
}

/**
 * What a run is at, from its records in `out`: its sweep until that is finished, then the comparison with the learning
 * rates that it chose.
 */
export async function phaseOf(benchmark: Benchmark, out: string): Promise<Phase> {
  const { tasks, sweep } = benchmark;
  if (!sweep) return { name: "comparison", tasks: await planTasks(tasks.map((suite) => ({ suite, tuned: null }))) };
  const swept = await planTasks(tasks.map((suite) => ({ suite: sweepSuite(suite, sweep), tuned: null })));
  const tuned = await tunedTasks(benchmark, sweep, swept, out);
  return tuned ? { name: "comparison", tasks: await planTasks(tuned) } : { name: "sweep", tasks: swept };
}

/** The tasks of a run as they are compared; null while the sweep in `out` is not finished. */
export async function plannedTasks(benchmark: Benchmark, out: string): Promise<PlannedTask[] | null> {
  const { name, tasks } = await phaseOf(benchmark, out);
  return name === "comparison" ? tasks : null;
}

async function planTasks(tasks: readonly Omit<PlannedTask, "plan">[]): Promise<PlannedTask[]> {
  const planned: PlannedTask[] = [];
  for (const task of tasks) planned.push({ ...task, plan: await planSuite(task.suite) });
  return planned;
}

/** Every task with the learning rates that the sweep's records speak for; null if some are missing. */
async function tunedTasks(
  { tasks }: Benchmark,
  sweep: Sweep,
  swept: readonly PlannedTask[],
  out: string,
): Promise<Omit<PlannedTask, "plan">[] | null> {
  const outcomes: { suite: Suite; tuned: Tuned[] }[] = [];
  for (const [index, suite] of tasks.entries()) {
    const scores = new Map<string, number | null>();
    for (const planned of swept[index].plan.cells) {
      const score = await finalScore(planned, out);
      if (score === undefined) return null;
      scores.set(`${planned.label} ${planned.cell.identity.seed}`, score);
    }
    const tuned = tune(suite, sweep, (label, seed) => scores.get(`${label} ${seed}`)!);
    outcomes.push({ suite: tunedSuite(suite, tuned), tuned });
  }
  return outcomes;
}

/** avg@k of a cell after training; null if a health gate stopped it, undefined if it has not run to its end. */
async function finalScore({ cell }: PlannedCell, out: string): Promise<number | null | undefined> {
  const directory = `${out}/${cell.id}`;
  if (!await readJson<CellResult>(`${directory}/result.json`)) {
    return await readJson(`${directory}/failure.json`) ? null : undefined;
  }
  return (await readJournal<EvaluationLine>(`${directory}/evaluations.jsonl`)).at(-1)!.average;
}

/** Jobs of a phase, seeds first: a run that is stopped early has all algorithms with the same seeds. */
function jobsOf(tasks: readonly PlannedTask[], out: string) {
  // Entries that come to the same settings, such as the defaults and their preset, are one cell.
  const cells = new Map<string, Cell>();
  for (const { plan } of tasks) for (const { cell } of plan.cells) cells.set(cell.id, cell);
  return [...cells.values()].sort((a, b) => a.identity.seed - b.identity.seed)
    .map((cell) => ({ cell, directory: `${out}/${cell.id}` }));
}

/** Executes the cells of a phase. */
async function runPhase(phase: Phase, options: RunSuiteOptions, failures: SuiteOutcome["failures"]): Promise<void> {
  const { out, signal, clock } = options;
  options.onPhase?.(phase);
  const jobs = jobsOf(phase.tasks, out);
  // Cells would share a GPU, and its memory.
  const onGpu = jobs.some(({ cell }) => recordedBackend(cell.identity.policy.backend) !== "cpu");
  const wanted = Math.min(options.jobs ?? (onGpu ? 1 : navigator.hardwareConcurrency), jobs.length);
  const execute: Executor = wanted > 1 && await canStartProcesses() ? processes(wanted) : inProcess;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  signal?.addEventListener("abort", stop);
  let broken: string | undefined;
  try {
    await execute(jobs, {
      signal: stopping.signal,
      clock,
      onEvent: (event) => {
        if (event.type === "failed") failures.push(event);
        if (event.type === "error") {
          broken ??= event.message;
          stop();
        }
        options.onEvent?.(event);
      },
    });
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  if (broken !== undefined) throw new Refusal(broken);
  if (signal?.aborted) throw new Interruption("stopped; run the same command again to continue.");
}
