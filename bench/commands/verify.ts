/**
 * `podium verify`: runs recorded cells again and compares every step.
 *
 * @module
 */
import { exitCodes, Interruption, Refusal } from "../outcomes.ts";
import { readJson } from "../records.ts";
import { verifyCell } from "../verify.ts";
import { onInterrupt } from "./interrupt.ts";

/** Options of `podium verify`. */
export interface VerifyOptions {
  /** How many cells of a run, or all of them. */
  cells: number | "all";
  /** Print JSON lines. */
  json?: boolean;
}

/** Directories of cells in `run`: itself, or those below it. */
async function cellDirectories(run: string): Promise<string[]> {
  const directory = run.replace(/(.)\/+$/, "$1").replace(/\/?leaderboard\.json$/, "") || ".";
  const isCell = async (path: string) => await readJson(`${path}/cell.json`) !== undefined;
  try {
    if (await isCell(directory)) return [directory];
    const found: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (isDirectory && await isCell(`${directory}/${name}`)) found.push(`${directory}/${name}`);
    }
    if (found.length > 0) return found.sort();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${run}: can't be read; give the directory of a run or of a cell.`);
  }
  throw new Refusal(`${run}: no recorded cell there; give the directory of a run or of a cell.`);
}

/** Runs the command; returns the exit code. */
export async function verify(run: string, { cells, json }: VerifyOptions): Promise<number> {
  const directories = await cellDirectories(run);
  const chosen = cells === "all" ? directories : directories.slice(0, cells);
  const interrupt = onInterrupt(() => console.error("stopping after the step under way."));
  let different = 0;
  try {
    for (const directory of chosen) {
      const verification = await verifyCell(directory, { signal: interrupt.signal });
      const { cell, same, lines, difference, level } = verification;
      if (!same) different++;
      if (json) console.log(JSON.stringify(verification));
      else if (same) console.log(`${cell}: same hash chain, ${lines} lines (${level})`);
      else if (difference) {
        console.log(`${cell}: first difference at ${difference.line}: ${difference.fields.join(", ")} (${level})`);
      } else console.log(`${cell}: the record holds lines that the second run did not reach (${level})`);
    }
  } catch (error) {
    if (error instanceof Interruption) return exitCodes.interrupted;
    throw error;
  } finally {
    interrupt.release();
  }
  if (!json) console.log(`verify: ${chosen.length - different} of ${chosen.length} cells the same`);
  return different > 0 ? exitCodes.gateFailed : exitCodes.ok;
}
