/**
 * `podium perf --readme`: puts a committed measurement into the README.
 *
 * @module
 */
import { writeSection } from "../markdown.ts";
import { Refusal } from "../outcomes.ts";
import { type Measurement, perfMarkdown } from "../perf/markdown.ts";

/** Replaces the section `speed` of a Markdown file by the table of a measurement. */
export async function writePerfSection(measurement: string, readme: string): Promise<number> {
  await writeSection(readme, "speed", perfMarkdown(await readMeasurement(measurement)));
  return 0;
}

/**
 * Reads what `podium perf --json` printed.
 *
 * @throws {Refusal} if the file can't be read or is something else.
 */
export async function readMeasurement(path: string): Promise<Measurement> {
  try {
    const measurement = JSON.parse(await Deno.readTextFile(path));
    if (Array.isArray(measurement.figures)) return measurement;
  } catch {
    // said below
  }
  throw new Refusal(`${path}: not a measurement; make one with \`podium perf --json > ${path}\`.`);
}
