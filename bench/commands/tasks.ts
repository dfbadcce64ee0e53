/**
 * `podium tasks`: what policies can be trained and tested on.
 *
 * @module
 */
import { tasks } from "../../tasks/mod.ts";
import { align } from "../leaderboard/table.ts";

/** Lists all tasks. */
export function listTasks({ json }: { json?: boolean }): number {
  const rows = Object.values(tasks).map(({ name, summary }) => ({ name, summary }));
  if (json) console.log(JSON.stringify(rows, null, 2));
  else console.log(align([["name", "problems"], ...rows.map(({ name, summary }) => [name, summary])]));
  return 0;
}
