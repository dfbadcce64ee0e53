/**
 * `podium compare`: says what differs between two leaderboards.
 *
 * @module
 */
import { compareLeaderboards } from "../compare/compare.ts";
import { changesText, changesVerdict } from "../compare/text.ts";
import { openLeaderboard } from "../leaderboard/open.ts";
import { exitCodes } from "../outcomes.ts";

/** Options of `podium compare`. */
export interface CompareOptions {
  /** Print JSON instead of text. */
  json?: boolean;
}

/** Runs the command; returns the exit code, which does not depend on what is found. */
export async function compare(a: string, b: string, { json }: CompareOptions): Promise<number> {
  const [first, second] = [await openLeaderboard(a), await openLeaderboard(b)];
  const changes = compareLeaderboards(first.leaderboard, second.leaderboard);
  if (json) console.log(JSON.stringify({ ...changes, verdict: changesVerdict(changes) }, null, 2));
  else console.log(`A: ${a}\nB: ${b}\n\n${changesText(changes)}`);
  return exitCodes.ok;
}
