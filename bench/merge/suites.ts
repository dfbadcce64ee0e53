/**
 * The suite of merged runs: that of each, with the algorithms and the seeds of all.
 *
 * @module
 */
import { type Benchmark, parseBenchmark } from "../benchmark.ts";
import { canonical } from "../canonical.ts";
import { settingChanges } from "../compare/settings.ts";
import { Refusal } from "../outcomes.ts";
import type { Suite, SuiteAlgorithm } from "../suite.ts";

/** A suite and the directory of its run. */
export interface RunSuite {
  /** Directory. */
  run: string;
  /** What `suite.json` says. */
  suite: Benchmark;
}

const labelOf = ({ label, name }: SuiteAlgorithm) => label ?? name;

/** What must be the same in all runs: everything but algorithms and seeds, and how a GPU saves memory. */
function shared({ tasks, ...rest }: Benchmark): object {
  const settings = tasks.map(({ task, algorithms: _, seeds: __, recompute: ___, ...own }) => [task, own] as const);
  return { ...rest, tasks: Object.fromEntries(settings), order: tasks.map(({ task }) => task) };
}

/** Entries of all runs for one task, by label; in the order of labels, so that the order of runs does not matter. */
function mergedAlgorithms(runs: readonly RunSuite[], task: string): SuiteAlgorithm[] {
  const entries = new Map<string, { run: string; entry: SuiteAlgorithm }>();
  for (const { run, suite } of runs) {
    for (const entry of suite.tasks.find((own) => own.task === task)!.algorithms) {
      const label = labelOf(entry), known = entries.get(label);
      if (known && canonical(known.entry) !== canonical(entry)) {
        const [{ path, a, b }] = settingChanges(known.entry, entry);
        throw new Refusal(
          `${run}: algorithm ${label} on ${task} is not that of ${known.run} (${path} is ${JSON.stringify(b)}, not ` +
            `${JSON.stringify(a)}); rows of one leaderboard need the same settings, or another label.`,
        );
      }
      entries.set(label, { run, entry });
    }
  }
  return [...entries].sort(([a], [b]) => a < b ? -1 : 1).map(([, { entry }]) => entry);
}

/**
 * Merges suites. The answer does not depend on the order of the runs, nor on whether some were merged before.
 *
 * @throws {Refusal} naming the first setting in which two of them differ.
 */
export function mergedSuite(runs: readonly RunSuite[]): Benchmark {
  const [first, ...others] = runs;
  for (const { run, suite } of others) {
    const [change] = settingChanges(shared(first.suite), shared(suite));
    if (change) {
      throw new Refusal(
        `${run}: another suite than that of ${first.run} (${change.path} is ${JSON.stringify(change.b)}, not ` +
          `${JSON.stringify(change.a)}); only cells of one suite make a leaderboard.`,
      );
    }
  }
  const seeds = [...new Set(runs.flatMap(({ suite }) => suite.tasks.flatMap((task) => task.seeds)))]
    .sort((a, b) => a - b);
  const { name, summary, sweep, tasks } = first.suite;
  const merged: Benchmark = {
    name,
    ...summary !== undefined && { summary },
    tasks: tasks.map(({ recompute: _, ...suite }): Suite => ({
      ...suite,
      algorithms: mergedAlgorithms(runs, suite.task),
      seeds,
    })),
    ...sweep && { sweep },
  };
  return parseBenchmark(JSON.parse(canonical(merged)), `the suite of ${runs.map(({ run }) => run).join(" and ")}`);
}
