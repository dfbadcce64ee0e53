/**
 * Runs a recorded cell again and compares the hash chain, line by line.
 *
 * @module
 */
import { canonical } from "./canonical.ts";
import type { Cell } from "./cell.ts";
import { type Environment, environment } from "./environment.ts";
import type { Leaderboard, Verified } from "./leaderboard/leaderboard.ts";
import { Refusal } from "./outcomes.ts";
import { openParts } from "./parts.ts";
import { type CellResult, readJournal, readJson, writeAtomically } from "./records.ts";
import { type EvaluationLine, runCell, type StepLine } from "./run_cell.ts";

/** What came of comparing a cell. */
export interface Verification {
  /** The cell. */
  cell: string;
  /** Whether every line of the chain was the same. */
  same: boolean;
  /** Lines that were the same. */
  lines: number;
  /** The first line that differs, and the fields in which it does. */
  difference: { line: string; fields: string[] } | null;
  /** L0 if the machine is described alike, L1 if only the processor and the back end are, else L2. */
  level: Verified;
}

type Line = StepLine | EvaluationLine;
const nameOf = (line: Line) => `${"average" in line ? "evaluation after step" : "step"} ${line.step}`;

/** Fields in which two lines differ; the chain's own hash only if nothing else does. */
function differingFields(recorded: Line, again: Line): string[] {
  const left = recorded as unknown as { [name: string]: unknown }, right = again as unknown as typeof left;
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const fields = names.filter((name) => canonical(left[name] ?? null) !== canonical(right[name] ?? null));
  return fields.length > 1 ? fields.filter((name) => name !== "hash") : fields;
}

/** How alike two machines are. */
export function levelOf(recorded: Environment | undefined, now: Environment): Verified {
  if (recorded === undefined) return "L2";
  if (canonical(recorded) === canonical(now)) return "L0";
  return recorded.arch === now.arch && recorded.cpu === now.cpu ? "L1" : "L2";
}

/** Stops the second run at the first difference. */
class Different extends Error {
  /** Name shown in stack traces. */
  override readonly name = "Different";
}

/** Runs the cell recorded in `directory` again, below a temporary directory, until its end or the first difference. */
export async function verifyCell(directory: string, options: { signal?: AbortSignal } = {}): Promise<Verification> {
  const cell = await readJson<Cell>(`${directory}/cell.json`);
  if (!cell) throw new Refusal(`${directory}: no cell.json there; give the directory of a cell or of a run.`);
  const steps = await readJournal<StepLine>(`${directory}/steps.jsonl`);
  const evaluations = await readJournal<EvaluationLine>(`${directory}/evaluations.jsonl`);
  if (evaluations.length === 0) throw new Refusal(`${directory}: nothing is recorded there yet; run the suite first.`);
  const recorded = new Map([...steps, ...evaluations].map((line) => [nameOf(line), line]));
  const level = levelOf(await readJson<Environment>(`${directory}/environment.json`), environment());

  const copy = await Deno.makeTempDir({ prefix: "podium-verify-" });
  let lines = 0;
  let difference: Verification["difference"] = null;
  const done = new AbortController();
  try {
    await runCell(cell, await openParts(cell), {
      directory: copy,
      signal: options.signal ? AbortSignal.any([options.signal, done.signal]) : done.signal,
      onLine: (line) => {
        const name = nameOf(line), expected = recorded.get(name);
        if (!expected) return done.abort(); // The record ends here.
        const fields = differingFields(expected, line);
        if (fields.length > 0) {
          difference = { line: name, fields };
          throw new Different();
        }
        lines++;
      },
    });
  } catch (error) {
    if (!(error instanceof Different) && !done.signal.aborted) throw error;
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  const verification: Verification = {
    cell: cell.id,
    same: difference === null && lines === recorded.size,
    lines,
    difference,
    level,
  };
  const result = await readJson<CellResult>(`${directory}/result.json`);
  if (verification.same && result) await noteVerification(directory, level, result);
  return verification;
}

/** Notes the level beside the record, and in the leaderboard of the run if there is one. */
async function noteVerification(directory: string, level: Verified, { id, hash }: CellResult): Promise<void> {
  await writeAtomically(`${directory}/verification.json`, JSON.stringify({ level, hash }) + "\n");
  const path = `${directory}/../leaderboard.json`;
  const leaderboard = await readJson<Leaderboard>(path);
  if (!leaderboard) return;
  for (const row of leaderboard.rows) {
    for (const seed of row.seeds) if (seed.cell === id && seed.hash === hash) seed.verified = level;
  }
  await writeAtomically(path, JSON.stringify(leaderboard, null, 2) + "\n");
}
