/**
 * How far a run is that goes on: the cells of its phase, from what is recorded.
 *
 * @module
 */
import { type CellFailure, type CellResult, readJournal, readJson } from "../records.ts";
import type { EvaluationLine, StepLine } from "../run_cell.ts";
import type { Phase } from "../run_suite.ts";

/** A cell of the phase under way. */
export interface CellUnderWay {
  /** Its id: entries that come to the same settings are one cell. */
  id: string;
  /** Registry name of the task. */
  task: string;
  /** Name in the suite of the phase; in a sweep it ends with the learning rate. */
  label: string;
  /** Its seed. */
  seed: number;
  /** Training steps of a whole run. */
  of: number;
  /** Steps recorded. */
  steps: StepLine[];
  /** Whether it ran to its end, was stopped by a health gate, has begun, or has not. */
  state: "finished" | "stopped" | "begun" | "waiting";
  /** Last avg@k; null before the first evaluation. */
  accuracy: number | null;
}

/** A phase and its cells. */
export interface UnderWay {
  /** Which phase. */
  phase: Phase["name"];
  /** Whether the run has two phases: a sweep, then the comparison. */
  sweeps: boolean;
  /** All cells, task by task. */
  cells: CellUnderWay[];
}

/** Reads how far the cells of a phase are below `directory`. */
export async function underWayOf({ name, tasks }: Phase, directory: string, sweeps: boolean): Promise<UnderWay> {
  const planned = tasks.flatMap(({ suite: { task }, plan }) => plan.cells.map((own) => ({ task, ...own })));
  const cells = await Promise.all(planned.map(async ({ task, label, cell }): Promise<CellUnderWay> => {
    const at = `${directory}/${cell.id}`;
    const [steps, evaluations, result, failure] = await Promise.all([
      readJournal<StepLine>(`${at}/steps.jsonl`),
      readJournal<EvaluationLine>(`${at}/evaluations.jsonl`),
      readJson<CellResult>(`${at}/result.json`),
      readJson<CellFailure>(`${at}/failure.json`),
    ]);
    const begun = steps.length > 0 || evaluations.length > 0;
    return {
      id: cell.id,
      task,
      label,
      seed: cell.identity.seed,
      of: cell.identity.training.steps,
      steps,
      state: result ? "finished" : failure ? "stopped" : begun ? "begun" : "waiting",
      accuracy: evaluations.at(-1)?.average ?? null,
    };
  }));
  return { phase: name, sweeps, cells };
}

/** Cells and steps of a list, each cell once: what is done, and of how many. A cell that is over has taken all its steps. */
export function doneOf(cells: readonly CellUnderWay[]): { cells: number; of: number; steps: number; ofSteps: number } {
  const distinct = [...new Map(cells.map((cell) => [cell.id, cell])).values()];
  const over = ({ state }: CellUnderWay) => state === "finished" || state === "stopped";
  const sum = (value: (cell: CellUnderWay) => number) => distinct.reduce((sum, cell) => sum + value(cell), 0);
  return {
    cells: distinct.filter(over).length,
    of: distinct.length,
    steps: sum((cell) => over(cell) ? cell.of : cell.steps.at(-1)?.step ?? 0),
    ofSteps: sum(({ of }) => of),
  };
}
