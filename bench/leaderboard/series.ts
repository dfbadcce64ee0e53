/**
 * Curves over the training steps of all seeds of a row.
 *
 * @module
 */
import type { StepLine } from "../run_cell.ts";
import { mean } from "../statistics/describe.ts";
import { given, largest, lowest, type Metric } from "./numbers.ts";
import type { Band, TrainingSeries } from "./shape.ts";

/** Five significant digits: enough to draw, and a tenth of the bytes. */
const rounded = (value: Metric): Metric => value === null ? null : Number(value.toPrecision(5));

/** Mean, smallest and largest of the seeds, step by step; a step that an algorithm merged into another has no number. */
export function trainingSeries(seeds: readonly (readonly StepLine[])[]): TrainingSeries {
  const steps = [...new Set(seeds.flatMap((lines) => lines.map(({ step }) => step)))].sort((a, b) => a - b);
  const byStep = seeds.map((lines) => new Map(lines.map((line) => [line.step, line])));
  const band = (value: (line: StepLine) => Metric): Band => {
    const values = steps.map((step) =>
      given(byStep.map((lines) => {
        const line = lines.get(step);
        return line && value(line);
      }))
    );
    return {
      mean: values.map((list) => rounded(mean(list))),
      low: values.map((list) => rounded(lowest(list))),
      high: values.map((list) => rounded(largest(list))),
    };
  };
  return {
    steps,
    accuracy: band(({ accuracy }) => accuracy),
    length: band(({ length }) => length),
    entropy: band(({ entropy }) => entropy),
    gradientNorm: band(({ gradientNorms }) => mean(gradientNorms)),
    groupsWithoutSignal: band(({ groupsWithoutSignal }) => groupsWithoutSignal),
  };
}
