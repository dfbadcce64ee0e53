/**
 * Some files of a commit as a directory, for those who read a directory: `models--OWNER--NAME/snapshots/COMMIT/`.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { bring } from "./download.ts";
import { folderIn, type HubFile, type Snapshot } from "./snapshot.ts";

/** The directory, with these files in it; what is not in the cache is fetched. It may hold others, of the same commit. */
export async function folderOf(
  snapshot: Snapshot,
  files: readonly HubFile[],
  connection: Connection,
): Promise<string> {
  for (const file of files) await bring(snapshot, file, connection);
  return folderIn(snapshot, connection);
}
