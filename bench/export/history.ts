/**
 * The history of a cell as experiment trackers have it: one line per step, numbers only, with names such as
 * `train/accuracy` and `eval/average`.
 *
 * @module
 */
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import { mean } from "../statistics/describe.ts";

/** One step. */
export interface HistoryLine {
  /** Training steps done. */
  step: number;
  /** Seconds of training until then, on one core; null if the cell was run without a clock. */
  seconds: number | null;
  /**
   * By name: `train/…` of a training step, `eval/…` of an evaluation after it, `time/…` in
   * seconds, `system/memory` in bytes.
   */
  numbers: Record<string, number>;
}

/** The numbers in a value, by their path; lists, texts and what is missing are left out. */
export function flattened(value: unknown, path: string, separator = "/"): [name: string, value: number][] {
  if (typeof value === "number") return [[path, value]];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, entry]) => flattened(entry, `${path}${separator}${name}`, separator));
}

function trainingNumbers({ step: _, gradientNorms, criticNorms, accuracyByTemperature, ...line }: StepLine) {
  return [
    ...flattened(line, "train"),
    ...flattened(mean(gradientNorms), "train/gradientNorm"),
    ...flattened(mean(criticNorms ?? []), "train/criticNorm"),
    ...(accuracyByTemperature ?? []).flatMap(({ temperature, accuracy }) =>
      flattened(accuracy, `train/accuracyByTemperature/${temperature}`)
    ),
  ];
}

/** Joins the lines of a record by step; gradient norms are means over the minibatches. */
export function historyOf(
  steps: readonly StepLine[],
  evaluations: readonly EvaluationLine[],
  timing: readonly TimingLine[],
): HistoryLine[] {
  const numbers = new Map<number, [name: string, value: number][]>();
  const add = (step: number, list: readonly [name: string, value: number][]) =>
    numbers.set(step, [...numbers.get(step) ?? [], ...list]);
  for (const line of steps) add(line.step, trainingNumbers(line));
  for (const { step, problems: _, ...line } of evaluations) add(step, flattened(line, "eval"));
  const seconds = new Map<number, number>();
  let trained = 0;
  for (const { step, memory, ...line } of timing) {
    const { rollout = 0, grade = 0, algorithm = 0, score = 0, update = 0 } = line;
    trained += rollout + grade + algorithm + score + update;
    seconds.set(step, trained);
    add(step, [...flattened(line, "time"), ...flattened(memory, "system/memory")]);
  }
  return [...numbers].sort(([a], [b]) => a - b).map(([step, list]) => ({
    step,
    seconds: seconds.get(step) ?? null,
    numbers: Object.fromEntries(list),
  }));
}
