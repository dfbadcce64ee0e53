/**
 * Puts the cells of several runs of one suite together, from one machine or from several: the union of their seeds, of
 * their algorithms and of their finished cells, and the leaderboard of that. Commutative and associative: neither the
 * order of the runs nor merging some of them first changes a byte.
 *
 * A cell that several runs have is copied once; its copies must have the same hash. Cells in the middle of a run are
 * left out: `bench --suite OUT/suite.json --out OUT` runs what is missing. Every cell keeps its `environment.json`; the
 * leaderboard names the machine that most of them ran on, and lists all with the number of cells of each.
 *
 * @module
 */
import { canonical } from "../canonical.ts";
import { parseBenchmark } from "../benchmark.ts";
import { environment } from "../environment.ts";
import { buildLeaderboard, type Leaderboard, type PlannedTask, writeLeaderboard } from "../leaderboard/leaderboard.ts";
import { Refusal } from "../outcomes.ts";
import { readJson, writeAtomically } from "../records.ts";
import { plannedTasks } from "../run_suite.ts";
import { wholeDirectory } from "../whole_directory.ts";
import type { MachineShare } from "../leaderboard/shape.ts";
import { distinctCells, type FinishedCell, finishedCells, machinesOf, requireTogether } from "./cells.ts";
import { mergedSuite, type RunSuite } from "./suites.ts";

/** What merging came to. */
export interface Merged {
  /** The leaderboard, also written to `leaderboard.json`. */
  leaderboard: Leaderboard;
  /** Cells copied. */
  cells: number;
  /** Copies of cells that another run has too, with the same hash. */
  repeated: number;
  /** Cells that the merged suite has and no run finished. */
  missing: number;
  /** Machines and how many cells each ran, most first. */
  machines: MachineShare[];
}

/** The suite of a run. */
async function readSuite(run: string): Promise<RunSuite> {
  const value = await readJson<unknown>(`${run}/suite.json`);
  if (value === undefined) throw new Refusal(`${run}: no suite.json there; give the directory of a run.`);
  return { run, suite: parseBenchmark(value, `${run}/suite.json`) };
}

/** Copies a record without what belongs to a run under way, or to this copy alone. */
async function copyCell({ directory, verified, outcome }: FinishedCell, target: string): Promise<void> {
  const leave = (name: string) =>
    name === "lock" || name === "verification.json" || name.startsWith("checkpoint") || name.endsWith(".partial");
  const copy = async (from: string, to: string) => {
    await Deno.mkdir(to);
    for await (const { name, isDirectory } of Deno.readDir(from)) {
      if (leave(name)) continue;
      if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
      else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    }
  };
  await copy(directory, target);
  if (verified === null) return;
  const { hash } = JSON.parse(outcome);
  await writeAtomically(`${target}/verification.json`, JSON.stringify({ level: verified, hash }) + "\n");
}

/**
 * Number of cells of the suite that no run finished.
 *
 * @throws {Refusal} if that is all: then the suite, as this machine reads it, is about other data.
 */
function countMissing(tasks: readonly PlannedTask[], cells: readonly FinishedCell[], out: string): number {
  const known = new Set(cells.map(({ cell }) => cell.id));
  const planned = new Set(tasks.flatMap(({ plan }) => plan.cells.map(({ cell }) => cell.id)));
  const missing = [...planned].filter((id) => !known.has(id)).length;
  if (missing < planned.size) return missing;
  throw new Refusal(
    `${out}: none of the ${cells.length} finished cells is one that the suite comes to here; data or policy on this ` +
      "machine are not those of the records, so merge where they are.",
  );
}

/**
 * Merges runs into the new directory `out`; the runs stay as they are.
 *
 * @throws {Refusal} if something does not belong together; then nothing is written.
 */
export async function mergeRuns(out: string, runs: readonly string[]): Promise<Merged> {
  const directories = runs.map((run) => run.replace(/(.)\/+$/, "$1"));
  const suites: RunSuite[] = [], found: FinishedCell[] = [];
  for (const run of directories) {
    suites.push(await readSuite(run));
    found.push(...await finishedCells(run));
  }
  const suite = mergedSuite(suites);
  requireTogether(found);
  const cells = distinctCells(found), machines = machinesOf(cells);
  if (cells.length === 0) throw new Refusal(`${directories.join(", ")}: no finished cell there; nothing to merge.`);
  let leaderboard: Leaderboard | undefined, missing = 0;
  await wholeDirectory(out, async (directory) => {
    for (const own of cells) await copyCell(own, `${directory}/${own.cell.id}`);
    await writeAtomically(`${directory}/suite.json`, JSON.stringify(JSON.parse(canonical(suite)), null, 2) + "\n");
    const tasks = await plannedTasks(suite, directory);
    if (!tasks) {
      throw new Refusal(
        `${
          directories.join(", ")
        }: the learning-rate sweep is not finished for every algorithm; run bench to its end first.`,
      );
    }
    missing = countMissing(tasks, cells, out);
    leaderboard = await buildLeaderboard(suite, tasks, directory, {
      ...machines[0]?.environment ?? environment(),
      ...machines.length > 0 && { machines },
    });
    await writeLeaderboard(`${directory}/leaderboard.json`, leaderboard);
  });
  return {
    leaderboard: leaderboard!,
    cells: cells.length,
    repeated: found.length - cells.length,
    missing,
    machines,
  };
}
