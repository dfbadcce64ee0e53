/**
 * Runs a recorded cell again and compares the hash chain, line by line.
 *
 * @module
 */
import { canonical, sha256 } from "./canonical.ts";
import type { Cell } from "./cell.ts";
import { type Environment, environment } from "./environment.ts";
import { type Leaderboard, leaderboardText, type Verified } from "./leaderboard/leaderboard.ts";
import { GateFailure, Refusal } from "./outcomes.ts";
import { openParts } from "./parts.ts";
import { type CellFailure, type CellResult, readJournal, readJson, writeAtomically } from "./records.ts";
import { type EvaluationLine, runCell, type StepLine } from "./run_cell.ts";

/** What came of comparing a cell. */
export interface Verification {
  /** The cell. */
  cell: string;
  /** Whether every line of the chain was the same. */
  same: boolean;
  /** Lines that were the same. */
  lines: number;
  /** The first line or file that differs, and the fields in which it does. */
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
  const alike = (["arch", "cpu", "instructions"] as const).every((name) => recorded[name] === now[name]);
  return alike ? "L1" : "L2";
}

/** Bytes of a file, or undefined if there is none. */
const bytesAt = (path: string) => Deno.readFile(path).catch(() => undefined);

/** Paths of the files in a folder of a record, and in its folders. */
function filesIn(record: string, folder: string): string[] {
  return [...Deno.readDirSync(`${record}/${folder}`)].sort((a, b) => a.name < b.name ? -1 : 1).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesIn(record, path) : [path];
  });
}

/** What else a finished record holds: its result, the trained weights and the responses, against those of the second run. */
async function differingFile(recorded: string, again: string, result: CellResult): Promise<Verification["difference"]> {
  const repeated = await readJson<CellResult>(`${again}/result.json`);
  const fields = (["id", "steps", "hash", "weights"] as const).filter((name) => result[name] !== repeated?.[name]);
  if (fields.length > 0) return { line: "result.json", fields };
  for (const file of [...filesIn(again, "policy"), ...filesIn(again, "responses")]) {
    const [left, right] = [await bytesAt(`${recorded}/${file}`), await bytesAt(`${again}/${file}`)];
    if (left === undefined) return { line: file, fields: ["missing"] };
    if (sha256(left) !== sha256(right!)) return { line: file, fields: ["bytes"] };
  }
  return null;
}

/** A cell that a health gate stopped must be stopped again: by the same gate, at the same step, for the same reason. */
function differingFailure(recorded: CellFailure | undefined, again: GateFailure | undefined): string[] {
  return (["step", "gate", "message"] as const).filter((name) => recorded?.[name] !== again?.[name]);
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

  const result = await readJson<CellResult>(`${directory}/result.json`);
  const failure = await readJson<CellFailure>(`${directory}/failure.json`);
  let stopped: GateFailure | undefined;
  const copy = await Deno.makeTempDir({ prefix: "podium-verify-" });
  let lines = 0;
  let difference: Verification["difference"] = null;
  const done = new AbortController();
  try {
    await runCell(cell, await openParts(cell), {
      directory: copy,
      replay: directory,
      signal: options.signal ? AbortSignal.any([options.signal, done.signal]) : done.signal,
      onLine: (line) => {
        const name = nameOf(line), expected = recorded.get(name);
        if (!expected && !result) return done.abort(); // The record ends here.
        const fields = expected ? differingFields(expected, line) : ["missing"];
        if (fields.length > 0) {
          difference = { line: name, fields };
          throw new Different();
        }
        lines++;
      },
    });
    if (result && lines === recorded.size) difference = await differingFile(directory, copy, result);
  } catch (error) {
    if (error instanceof GateFailure) stopped = error;
    else if (!(error instanceof Different) && !done.signal.aborted) throw error;
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  const failed = differingFailure(failure, stopped);
  if (failed.length > 0) difference ??= { line: "failure.json", fields: failed };
  const verification: Verification = {
    cell: cell.id,
    same: difference === null && lines === recorded.size,
    lines,
    difference,
    level,
  };
  if (verification.same && result) await noteVerification(directory, level, result);
  return verification;
}

/** Notes the level beside the record, and in the leaderboard of the run if there is one. */
async function noteVerification(directory: string, level: Verified, { id, hash }: CellResult): Promise<void> {
  await writeAtomically(`${directory}/verification.json`, JSON.stringify({ level, hash }) + "\n");
  const path = `${directory}/../leaderboard.json`;
  const leaderboard = await readJson<Leaderboard>(path);
  if (!leaderboard) return;
  for (const row of leaderboard.boards.flatMap(({ rows }) => rows)) {
    for (const seed of row.seeds) if (seed.cell === id && seed.hash === hash) seed.verified = level;
  }
  await writeAtomically(path, leaderboardText(leaderboard));
}
