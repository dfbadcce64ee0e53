/**
 * Runs a suite: plans its cells, has them executed, and writes the leaderboard.
 *
 * @module
 */
import { environment } from "./environment.ts";
import type { CellEvent, Executor } from "./execution/executor.ts";
import { canStartProcesses, processes } from "./execution/processes.ts";
import { inProcess } from "./execution/in_process.ts";
import { buildLeaderboard, type Leaderboard, writeLeaderboard } from "./leaderboard/leaderboard.ts";
import { Interruption, Refusal } from "./outcomes.ts";
import { type Plan, planSuite } from "./parts.ts";
import { makeDirectory, writeAtomically } from "./records.ts";
import type { Suite } from "./suite.ts";

/** How a suite is run. */
export interface RunSuiteOptions {
  /** Directory of the records and of `leaderboard.json`. */
  out: string;
  /** Cells side by side. Default: the number of cores, or 1 if no process may be started. */
  jobs?: number;
  /** Asks all cells to stop after the step under way. */
  signal?: AbortSignal;
  /** Milliseconds, for the timing columns. Absent: no times. */
  clock?: () => number;
  /** Called once, before the first cell. */
  onPlan?: (plan: Plan) => void;
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

/**
 * Runs all cells that are not finished yet and writes the leaderboard.
 *
 * @throws {Interruption} if `signal` stopped it; the same call continues
 * @throws {Refusal} if something the suite names can't be used
 */
export async function runSuite(suite: Suite, options: RunSuiteOptions): Promise<SuiteOutcome> {
  const { out, signal, clock } = options;
  const plan = await planSuite(suite);
  await makeDirectory(out);
  await writeAtomically(`${out}/suite.json`, JSON.stringify(suite, null, 2) + "\n");
  options.onPlan?.(plan);

  // Entries that come to the same settings, such as the defaults and their preset, are one cell.
  const cells = new Map(plan.cells.map(({ cell }) => [cell.id, cell]));
  const jobs = [...cells.values()].map((cell) => ({ cell, directory: `${out}/${cell.id}` }));
  const wanted = Math.min(options.jobs ?? navigator.hardwareConcurrency, jobs.length);
  const execute: Executor = wanted > 1 && await canStartProcesses() ? processes(wanted) : inProcess;

  const failures: SuiteOutcome["failures"] = [];
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

  const leaderboard = await buildLeaderboard(suite, plan, out, environment());
  await writeLeaderboard(`${out}/leaderboard.json`, leaderboard);
  return { leaderboard, failures };
}
