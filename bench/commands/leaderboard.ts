/**
 * `podium leaderboard`: prints a leaderboard again, draws it, and puts its figures into a README.
 *
 * @module
 */
import { readLeaderboard, writeLeaderboard } from "../leaderboard/leaderboard.ts";
import { leaderboardMarkdown } from "../leaderboard/markdown.ts";
import { leaderboardPicture } from "../leaderboard/picture.ts";
import { leaderboardTable } from "../leaderboard/table.ts";
import { writeOrRefuse, writeSection } from "../markdown.ts";
import { exitCodes } from "../outcomes.ts";
import { writeAtomically } from "../records.ts";

/** Options of `podium leaderboard`. */
export interface LeaderboardOptions {
  /** Print the leaderboard as JSON instead of a table. */
  json?: boolean;
  /** File to draw it in. */
  svg?: string;
  /** Markdown file whose section `leaderboard` gets the table. */
  readme?: string;
  /** File to keep a copy of the leaderboard in. */
  save?: string;
}

/** Runs the command; returns the exit code. `file` may also be the directory of a run. */
export async function leaderboard(file: string, { json, svg, readme, save }: LeaderboardOptions): Promise<number> {
  const isRun = await Deno.stat(file).then((entry) => entry.isDirectory, () => false);
  const read = await readLeaderboard(isRun ? `${file.replace(/(.)\/+$/, "$1")}/leaderboard.json` : file);
  const section = ["leaderboard", leaderboardMarkdown(read)] as const;
  // What can be refused is, before the first write.
  if (readme !== undefined) await writeSection(readme, ...section, true);
  if (svg !== undefined) await writeOrRefuse(svg, () => writeAtomically(svg, leaderboardPicture(read)));
  if (save !== undefined) await writeOrRefuse(save, () => writeLeaderboard(save, read));
  if (readme !== undefined) await writeSection(readme, ...section);
  console.log(json ? JSON.stringify(read, null, 2) : leaderboardTable(read));
  return exitCodes.ok;
}
