/**
 * One cell after the other, in this process.
 *
 * @module
 */
import { environment } from "../environment.ts";
import { GateFailure, Interruption } from "../outcomes.ts";
import { openParts } from "../parts.ts";
import { type CellParts, runCell } from "../run_cell.ts";
import type { CellJob, ExecuteOptions, Executor } from "./executor.ts";

/** Runs one job and reports its end as an event. `open` finds the parts of a cell; default: in the registries. */
export async function executeJob(
  { cell, directory }: CellJob,
  { signal, clock, since = clock?.(), onEvent }: ExecuteOptions,
  open: (cell: CellJob["cell"]) => Promise<CellParts> = openParts,
): Promise<void> {
  const { id } = cell;
  try {
    onEvent({ type: "started", id });
    const result = await runCell(cell, await open(cell), {
      directory,
      clock,
      since,
      signal,
      environment: environment(),
      onResume: (step) => onEvent({ type: "resumed", id, step }),
      onLine: (line) =>
        onEvent(
          "average" in line
            ? { type: "evaluated", id, step: line.step, average: line.average }
            : { type: "step", id, step: line.step },
        ),
    });
    onEvent({ type: "finished", id, result });
  } catch (error) {
    if (error instanceof Interruption) return onEvent({ type: "interrupted", id });
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof GateFailure) {
      return onEvent({ type: "failed", id, step: error.step, gate: error.gate, message });
    }
    onEvent({ type: "error", id, message });
  }
}

/** Runs the jobs one after the other. */
export const inProcess: Executor = async (jobs, options) => {
  for (const job of jobs) {
    if (options.signal?.aborted) return;
    await executeJob(job, options);
  }
};
