/**
 * Finds the leaderboard that a user names: the file, or the directory of a run.
 *
 * @module
 */
import { type Leaderboard, readLeaderboard } from "./leaderboard.ts";

/** A leaderboard and where it was found. */
export interface OpenedLeaderboard {
  /** The leaderboard. */
  leaderboard: Leaderboard;
  /** Directory of the file, where the records of its cells are, if they are kept. */
  directory: string;
}

/**
 * Opens `leaderboard.json`, or the one in the directory of a run.
 *
 * @throws {Refusal} one sentence naming the file, if it is not one.
 */
export async function openLeaderboard(path: string): Promise<OpenedLeaderboard> {
  const isRun = await Deno.stat(path).then((entry) => entry.isDirectory, () => false);
  const directory = isRun ? path.replace(/(.)\/+$/, "$1") : path.includes("/") ? path.replace(/\/[^/]*$/, "") : ".";
  return { leaderboard: await readLeaderboard(isRun ? `${directory}/leaderboard.json` : path), directory };
}
