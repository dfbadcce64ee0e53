/**
 * `podium bench`: trains with every algorithm of a suite and prints the leaderboard.
 *
 * @module
 */
import { sizeText } from "../leaderboard/format.ts";
import { leaderboardTable } from "../leaderboard/table.ts";
import { leakageSentence } from "../leakage.ts";
import type { PlannedTask } from "../leaderboard/leaderboard.ts";
import { memoryLines } from "../memory/table.ts";
import { exitCodes, Interruption } from "../outcomes.ts";
import { Progress } from "../progress.ts";
import { type Phase, runSuite } from "../run_suite.ts";
import { loadBenchmark } from "../benchmark.ts";
import { suiteFor } from "../suite.ts";
import { onInterrupt } from "./interrupt.ts";
import { overriddenBenchmark, type SuiteOverrides } from "./overrides.ts";

/** Options of `podium bench`. */
export interface BenchOptions extends SuiteOverrides {
  /** Embedded suite, or path of a suite file. Default: the task's own. */
  suite?: string;
  /** Directory of the records. Default: `runs/` and the name of the suite. */
  out?: string;
  /** Cells side by side. */
  jobs?: number;
  /** Print the leaderboard as JSON instead of a table. */
  json?: boolean;
  /** Print no leaderboard, only progress. */
  quiet?: boolean;
}

/** One line on a task, one on what its splits share, if they do, and the memory that is planned on a GPU. */
function describe({ suite, plan: { policy, data, memory } }: PlannedTask): string {
  const line = `  ${suite.task}: ${suite.algorithms.length} algorithms × ${suite.seeds.length} seeds, ` +
    `policy ${policy.source} (${sizeText(policy)}${suite.lora ? " in adapters" : ""})`;
  const leaked = leakageSentence(data.leakage), planned = memory ? memoryLines(memory) : [];
  return [line, ...leaked === null ? [] : [`  ${leaked}`], ...planned.map((line) => `  ${line}`)].join("\n");
}

/** Cells of a phase by id, with their names and steps. */
function cellsOf({ tasks }: Phase) {
  return new Map(tasks.flatMap(({ suite, plan }) =>
    plan.cells.map(({ label, cell: { id, identity } }) =>
      [id, {
        name: `${tasks.length > 1 ? `${suite.task}, ` : ""}${label}, seed ${identity.seed}`,
        steps: identity.training.steps,
      }] as const
    )
  ));
}

/** Runs the command; returns the exit code. */
export async function bench(options: BenchOptions): Promise<number> {
  const suite = overriddenBenchmark(await loadBenchmark(options.suite ?? suiteFor(options.task)), options);
  const out = options.out ?? `runs/${suite.name}`;
  const clock = () => performance.now();
  const encoder = new TextEncoder();
  const write = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));
  const terminal = Deno.stderr.isTerminal();
  let progress: Progress | undefined;
  const interrupt = onInterrupt(() => {
    progress?.end();
    write("stopping after the step under way; Ctrl-C again stops at once.\n");
  });
  try {
    const { leaderboard, failures } = await runSuite(suite, {
      out,
      jobs: options.jobs,
      signal: interrupt.signal,
      clock,
      onPhase: (phase) => {
        progress?.end();
        write(phase.name === "sweep" ? `suite ${suite.name}: choosing learning rates\n` : `suite ${suite.name}\n`);
        for (const task of phase.tasks) write(`${describe(task)}\n`);
        write(`records in ${out}\n`);
        progress = new Progress(cellsOf(phase), {
          clock,
          write,
          terminal,
          columns: terminal ? Deno.consoleSize().columns : undefined,
        });
      },
      onEvent: (event) => progress?.on(event),
    });
    progress?.end();
    if (options.json) console.log(JSON.stringify(leaderboard, null, 2));
    else if (!options.quiet) console.log(`\n${leaderboardTable(leaderboard)}\n\nleaderboard: ${out}/leaderboard.json`);
    for (const { step, gate, id } of failures) write(`cell ${id} was stopped at step ${step} by the gate ${gate}.\n`);
    return failures.length > 0 ? exitCodes.gateFailed : exitCodes.ok;
  } catch (error) {
    progress?.end();
    if (!(error instanceof Interruption)) throw error;
    write("stopped; nothing is lost: run the same command again to continue.\n");
    return exitCodes.interrupted;
  } finally {
    interrupt.release();
  }
}
