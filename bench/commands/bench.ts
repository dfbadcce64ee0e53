/**
 * `podium bench`: trains with every algorithm of a suite and prints the leaderboard.
 *
 * @module
 */
import { leaderboardTable } from "../leaderboard/table.ts";
import { leakageSentence } from "../leakage.ts";
import { exitCodes, Interruption } from "../outcomes.ts";
import { Progress } from "../progress.ts";
import { runSuite } from "../run_suite.ts";
import { loadSuite, suiteFor } from "../suite.ts";
import { onInterrupt } from "./interrupt.ts";
import { overridden, type SuiteOverrides } from "./overrides.ts";

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
}

/** Runs the command; returns the exit code. */
export async function bench(options: BenchOptions): Promise<number> {
  const suite = overridden(await loadSuite(options.suite ?? suiteFor(options.task)), options);
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
      onPlan: ({ cells, policy, data }) => {
        const labels = new Map(cells.map(({ label, cell }) => [cell.id, `${label}, seed ${cell.identity.seed}`]));
        write(
          `suite ${suite.name}: ${suite.algorithms.length} algorithms × ${suite.seeds.length} seeds on ${suite.task}, ` +
            `policy ${policy.source} (${policy.parameters} parameters), records in ${out}\n`,
        );
        const leaked = leakageSentence(data.leakage);
        if (leaked !== null) write(`${leaked}\n`);
        progress = new Progress(labels, suite.training.steps, {
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
    else console.log(`\n${leaderboardTable(leaderboard)}\n\nleaderboard: ${out}/leaderboard.json`);
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
