/**
 * `podium export`: a run in the formats of other tools.
 *
 * @module
 */
import { exportRecords, recordFormats, textFormats } from "../export/export.ts";
import { counted } from "../leaderboard/format.ts";
import { openLeaderboard } from "../leaderboard/open.ts";
import { writeOrRefuse } from "../markdown.ts";
import { unknown } from "../nearest.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import { writeAtomically } from "../records.ts";
import { wholeDirectory } from "../whole_directory.ts";

/** Options of `podium export`. */
export interface ExportOptions {
  /** One of `textFormats` or `recordFormats`. */
  format: string;
  /** File or directory to write; texts are printed where it is absent. */
  out?: string;
}

/** Runs the command; returns the exit code. */
export async function exportRun(run: string, { format, out }: ExportOptions): Promise<number> {
  const isText = Object.hasOwn(textFormats, format);
  if (!isText && !Object.hasOwn(recordFormats, format)) {
    throw new Refusal(unknown("format", format, [...Object.keys(textFormats), ...Object.keys(recordFormats)]));
  }
  const opened = await openLeaderboard(run);
  if (isText) {
    const text = textFormats[format](opened.leaderboard);
    if (out === undefined) Deno.stdout.writeSync(new TextEncoder().encode(text));
    else await writeOrRefuse(out, () => writeAtomically(out, text));
    return exitCodes.ok;
  }
  if (out === undefined) throw new Refusal(`format ${format} is a directory; say where with --out.`);
  let cells = 0;
  await wholeDirectory(out, async (directory) => {
    cells = await exportRecords(opened, format, directory);
  });
  console.log(`export: ${counted(cells, "cell")} in ${out}`);
  return exitCodes.ok;
}
