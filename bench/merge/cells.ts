/**
 * Which cells of several runs go into a merged one, and which copy of those that are in more than one.
 *
 * @module
 */
import { canonical } from "../canonical.ts";
import { type Cell, cellFormat, type CellIdentity } from "../cell.ts";
import type { Environment } from "../environment.ts";
import type { MachineShare, Verified } from "../leaderboard/shape.ts";
import { Refusal } from "../outcomes.ts";
import { type CellFailure, type CellResult, readChain, readJson } from "../records.ts";

/** A cell that ran to its end, or until a health gate stopped it. */
export interface FinishedCell {
  /** Directory of its record. */
  directory: string;
  /** What ran. */
  cell: Cell;
  /** What it came to: last hash of the chain, and the result or the failure. Equal cells have it equal. */
  outcome: string;
  /** Where it ran; null if that was not recorded. */
  environment: Environment | null;
  /** The best level at which any copy was verified; null if none was. */
  verified: Verified | null;
  /** What two copies of the same cell may differ in: machine, seconds, paths of data and policy. */
  circumstances: string;
}

const textOf = (path: string) => Deno.readTextFile(path).catch(() => "");

/** Reads a cell; null while it is not finished. */
async function readFinished(directory: string, cell: Cell): Promise<FinishedCell | null> {
  const result = await readJson<CellResult>(`${directory}/result.json`);
  const failure = result ? undefined : await readJson<CellFailure>(`${directory}/failure.json`);
  if (!result && !failure) return null;
  const { hash } = await readChain(directory, cell);
  if (result && (result.hash !== hash || result.id !== cell.id)) {
    throw new Refusal(`${directory}/result.json: its hash is not that of the recorded lines; leave that cell out.`);
  }
  const verification = await readJson<{ level: Verified; hash: string }>(`${directory}/verification.json`);
  const files = ["cell.json", "environment.json", "timing.jsonl"];
  return {
    directory,
    cell,
    outcome: canonical({ hash, result: result ?? null, failure: failure ?? null }),
    environment: await readJson<Environment>(`${directory}/environment.json`) ?? null,
    verified: result && verification?.hash === hash ? verification.level : null,
    circumstances: (await Promise.all(files.map((name) => textOf(`${directory}/${name}`)))).join("\0"),
  };
}

/** Finished cells below a run's directory. */
export async function finishedCells(run: string): Promise<FinishedCell[]> {
  const cells: FinishedCell[] = [];
  for await (const { name, isDirectory } of Deno.readDir(run)) {
    const directory = `${run}/${name}`;
    const cell = isDirectory ? await readJson<Cell>(`${directory}/cell.json`) : undefined;
    if (!cell) continue;
    const { format } = cell.identity as { format: number };
    if (format !== cellFormat) {
      throw new Refusal(
        `${directory}: recorded in format ${format}, and this version of Podium reads format ${cellFormat}; run it again.`,
      );
    }
    const finished = await readFinished(directory, cell);
    if (finished) cells.push(finished);
  }
  return cells;
}

/** What all cells of a task must have in common to be compared, in words. */
function belongings({ task, policy }: CellIdentity): Record<string, string> {
  return {
    "training problems": task.train,
    "held-out problems": task.test,
    "prompts": task.prompts,
    "starting policy": policy.digest,
    "back end": policy.backend,
  };
}

/**
 * Refuses cells of one task that were made of different things.
 *
 * @throws {Refusal} naming two such cells and what differs.
 */
export function requireTogether(cells: readonly FinishedCell[]): void {
  const first = new Map<string, FinishedCell>();
  for (const own of cells) {
    const { name } = own.cell.identity.task, other = first.get(name);
    if (!other) first.set(name, own);
    else {
      const mine = belongings(own.cell.identity), theirs = belongings(other.cell.identity);
      const what = Object.keys(mine).find((key) => mine[key] !== theirs[key]);
      if (what !== undefined) {
        throw new Refusal(
          `${own.directory}: its ${what} on ${name} are not those of ${other.directory} (${mine[what].slice(0, 40)}, ` +
            `not ${theirs[what].slice(0, 40)}); they can't be compared in one leaderboard.`,
        );
      }
    }
  }
}

/** The one of two copies that is kept, whichever comes first; it keeps the better verification of the two. */
function kept(a: FinishedCell, b: FinishedCell): FinishedCell {
  const levels = [a.verified, b.verified].filter((level) => level !== null).sort();
  return { ...a.circumstances <= b.circumstances ? a : b, verified: levels[0] ?? null };
}

/**
 * One copy of every cell, in the order of ids.
 *
 * @throws {Refusal} if two copies of a cell came to different numbers.
 */
export function distinctCells(cells: readonly FinishedCell[]): FinishedCell[] {
  const found = new Map<string, FinishedCell>();
  for (const own of cells) {
    const other = found.get(own.cell.id);
    if (other && other.outcome !== own.outcome) {
      throw new Refusal(
        `${own.directory}: the same cell as ${other.directory} with other numbers; machines that do not repeat each ` +
          "other make no common leaderboard, so leave one of the runs out.",
      );
    }
    found.set(own.cell.id, other ? kept(other, own) : own);
  }
  return [...found.values()].sort((a, b) => a.cell.id < b.cell.id ? -1 : 1);
}

/** Machines and how many cells each ran, most first; of equally many the first in the order of their descriptions. */
export function machinesOf(cells: readonly FinishedCell[]): MachineShare[] {
  const counts = new Map<string, number>();
  for (const { environment } of cells) {
    if (environment === null) continue;
    const name = canonical(environment);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => ({ environment: JSON.parse(name), cells: count }));
}
