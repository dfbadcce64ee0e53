/**
 * Executors run cells, each in its own way; the records are the same bytes whichever does.
 *
 * @module
 */
import type { Cell } from "../cell.ts";
import type { CellResult } from "../records.ts";

/** A cell and the directory of its record. */
export interface CellJob {
  /** What runs. */
  cell: Cell;
  /** Where it is recorded. */
  directory: string;
}

/** What an executor tells while it works. */
export type CellEvent =
  | { type: "started"; id: string }
  | { type: "resumed"; id: string; step: number }
  | { type: "step"; id: string; step: number }
  | { type: "evaluated"; id: string; step: number; average: number }
  | { type: "finished"; id: string; result: CellResult }
  | { type: "failed"; id: string; step: number; gate: string; message: string }
  | { type: "interrupted"; id: string }
  | { type: "error"; id: string; message: string };

/** What an executor is given beside the jobs. */
export interface ExecuteOptions {
  /** Asks all cells to stop after the step under way. */
  signal?: AbortSignal;
  /** Milliseconds, for the timing columns. */
  clock?: () => number;
  /** What the clock said when the cell was taken up. Default: when it is executed. */
  since?: number;
  /** Called as cells get on. */
  onEvent: (event: CellEvent) => void;
}

/** Runs all jobs; returns when each has finished, failed or been interrupted. Never throws for a cell. */
export type Executor = (jobs: readonly CellJob[], options: ExecuteOptions) => Promise<void>;
