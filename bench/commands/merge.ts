/**
 * `podium merge`: puts the cells of several runs together.
 *
 * @module
 */
import { counted } from "../leaderboard/format.ts";
import { leaderboardTable } from "../leaderboard/table.ts";
import { mergeRuns } from "../merge/merge.ts";
import { exitCodes } from "../outcomes.ts";

/** Runs the command; returns the exit code. */
export async function merge(out: string, runs: readonly string[]): Promise<number> {
  const { leaderboard, cells, repeated, missing, machines } = await mergeRuns(out, runs);
  console.log(`${leaderboardTable(leaderboard)}\n`);
  console.log(`merge: ${counted(cells, "cell")} of ${counted(runs.length, "run")} in ${out}`);
  if (repeated > 0) console.log(`${counted(repeated, "cell")} in more than one run, with the same bits`);
  if (missing > 0) {
    console.log(`${counted(missing, "cell")} to be run: bench --suite ${out}/suite.json --out ${out}`);
  }
  if (machines.length > 1) {
    const list = machines.map(({ environment: { cpu, arch, podium }, cells: own }) =>
      `${cpu ?? arch}, Podium ${podium} (${counted(own, "cell")})`
    );
    console.log(`${machines.length} machines: ${list.join("; ")}; the leaderboard lists them, seconds are of all`);
  }
  return exitCodes.ok;
}
