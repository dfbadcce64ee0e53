/**
 * `podium claims`: tests the claims of papers, on a run of suite `claims` or on runs that are there.
 *
 * @module
 */
import { loadBenchmark } from "../benchmark.ts";
import { claims as registered } from "../claims/index.ts";
import { verdictsTable } from "../claims/table.ts";
import { verdictsMarkdown } from "../claims/markdown.ts";
import { judgeAll, readVerdicts, suiteOf, writeVerdicts } from "../claims/verdicts.ts";
import type { Leaderboard } from "../leaderboard/leaderboard.ts";
import { openLeaderboard } from "../leaderboard/open.ts";
import { writeOrRefuse, writeSection } from "../markdown.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import { bench, type BenchOptions } from "./bench.ts";

/** Options of `podium claims`; those of the run go with no runs named. */
export interface ClaimsOptions extends Pick<BenchOptions, "steps" | "seeds" | "set" | "out" | "jobs"> {
  /** Print the verdicts as JSON instead of a table. */
  json?: boolean;
  /** File to keep the verdicts in. */
  save?: string;
  /** Such a file: nothing is run or judged. */
  from?: string;
  /** Markdown file whose section `claims` gets the verdicts. */
  readme?: string;
}

const suiteName = "claims";

/** Leaderboards to judge by: those of the runs, or that of the claims suite, which is run; with the exit code so far. */
async function leaderboardsOf(
  runs: readonly string[],
  { json: _json, save: _save, from: _from, readme: _readme, ...running }: ClaimsOptions,
): Promise<{ code: number; leaderboards: Leaderboard[] }> {
  const given = Object.entries(running).find(([, value]) => value !== undefined);
  if (runs.length > 0 && given) {
    throw new Refusal(`--${given[0]} is about running suite ${suiteName}, but runs are named; leave one of them out.`);
  }
  const { out = `runs/${suiteName}` } = running;
  const code = runs.length > 0 ? exitCodes.ok : await bench({ ...running, suite: suiteName, out, quiet: true });
  if (code === exitCodes.interrupted) return { code, leaderboards: [] };
  const leaderboards: Leaderboard[] = [];
  for (const path of runs.length > 0 ? runs : [out]) leaderboards.push((await openLeaderboard(path)).leaderboard);
  return { code, leaderboards };
}

/** Runs the command; returns the exit code, which does not depend on the verdicts: a verdict is a result. */
export async function claims(runs: readonly string[], options: ClaimsOptions): Promise<number> {
  const { json, save, from, readme } = options;
  if (from !== undefined) {
    const kept = await readVerdicts(from);
    if (readme !== undefined) await writeSection(readme, "claims", verdictsMarkdown(registered, kept));
    console.log(json ? JSON.stringify(kept, null, 2) : verdictsTable(registered, kept));
    return exitCodes.ok;
  }
  const { code, leaderboards: [first, ...others] } = await leaderboardsOf(runs, options);
  if (!first) return code;
  const names = [...new Set(registered.map(suiteOf))];
  const suites = await Promise.all(names.map((name) => loadBenchmark(name)));
  const verdicts = judgeAll(registered, suites, [first, ...others]);
  if (save !== undefined) await writeOrRefuse(save, () => writeVerdicts(save, verdicts));
  if (readme !== undefined) await writeSection(readme, "claims", verdictsMarkdown(registered, verdicts));
  console.log(json ? JSON.stringify(verdicts, null, 2) : verdictsTable(registered, verdicts));
  return code;
}
