/**
 * A data set at one commit: which commit a revision is, and which files it has. Both are kept in the cache.
 *
 *     datasets--OWNER--NAME/refs/REVISION      the commit that a branch or tag was when last asked
 *     datasets--OWNER--NAME/trees/COMMIT.json  the files of a commit
 *     datasets--OWNER--NAME/blobs/OID          a file's content by its hash (download.ts)
 *
 * @module
 */

import { datasetInfo, listFiles } from "@huggingface/hub";
import { DataError } from "../data_error.ts";
import { readWhole, writeWhole } from "./atomic.ts";
import { type Connection, HubRefusal, requests, understood } from "./connection.ts";

/** A file of a commit. */
export interface HubFile {
  /** Path in the repository. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hash of the content: SHA-256 of a large file, git's object id of others. */
  readonly oid: string;
}

/** A data set at one commit. */
export interface Snapshot {
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** The commit. */
  readonly commit: string;
  /** Its files, by path. */
  readonly files: readonly HubFile[];
}

/** A data set without the revision that was named. */
export class NoSuchRevision extends DataError {}

const COMMIT = /^[0-9a-f]{40}$/;
const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The folder of a data set in the cache. */
export function folderOf(repository: string, { cache }: Connection): string {
  return `${cache}/datasets--${repository.replace("/", "--")}`;
}

/** The data set as a revision has it now; a commit that is in the cache is not asked for again. */
export async function snapshotOf(repository: string, revision: string, connection: Connection): Promise<Snapshot> {
  const commit = COMMIT.test(revision) ? revision : await commitOf(repository, revision, connection);
  const path = `${folderOf(repository, connection)}/trees/${commit}.json`;
  const known = await readWhole(path);
  if (known !== undefined) return { repository, commit, files: JSON.parse(known) };
  const files = await treeOf(repository, commit, connection);
  await writeWhole(path, JSON.stringify(files));
  return { repository, commit, files };
}

async function commitOf(repository: string, revision: string, connection: Connection): Promise<string> {
  const path = `${folderOf(repository, connection)}/refs/${encodeURIComponent(revision)}`;
  if (connection.offline) {
    const known = await readWhole(path);
    if (known !== undefined) return known;
  }
  const { sha } = await asked(repository, revision, connection, () =>
    datasetInfo({
      name: repository,
      revision,
      additionalFields: ["sha"],
      hubUrl: connection.endpoint,
      fetch: requests(connection, { repository, what: `revision "${revision}"` }),
    }));
  if (!COMMIT.test(sha)) {
    throw new DataError(`hub:${repository}: the hub names no commit for the revision "${revision}".`);
  }
  await writeWhole(path, sha);
  return sha;
}

async function treeOf(repository: string, commit: string, connection: Connection): Promise<HubFile[]> {
  const files: HubFile[] = [];
  await asked(repository, commit, connection, async () => {
    const entries = listFiles({
      repo: { type: "dataset", name: repository },
      revision: commit,
      recursive: true,
      hubUrl: connection.endpoint,
      fetch: requests(connection, { repository, what: `revision "${commit}"` }),
    });
    for await (const { type, path, size, oid, lfs } of entries) {
      if (type !== "file") continue;
      const hash = lfs?.oid ?? oid;
      if (!hash || !OID.test(hash)) throw new DataError(`hub:${repository}: the hub gives no checksum for ${path}.`);
      files.push({ path, size: lfs?.size ?? size, oid: hash });
    }
  });
  return files.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/** Asks; a 404 says whether the data set or its revision is missing, and which revisions there are. */
async function asked<T>(
  repository: string,
  revision: string,
  connection: Connection,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await understood(repository, connection.endpoint, ask);
  } catch (error) {
    if (!(error instanceof HubRefusal) || error.status !== 404 || error.code === "RepoNotFound") throw error;
    const there = await revisionsOf(repository, connection);
    if (!there) throw error;
    const names = there.length > 0 ? ` (there: ${there.join(", ")}, or a commit)` : "";
    throw new NoSuchRevision(`hub:${repository}: there is no revision "${revision}"${names}.`, { cause: error });
  }
}

/** Branches and tags of a data set; empty if it does not say, undefined if there is no such data set. */
async function revisionsOf(repository: string, connection: Connection): Promise<string[] | undefined> {
  const get = requests(connection, { repository, what: "list of revisions" });
  const url = `${connection.endpoint}/api/datasets/${repository}`;
  try {
    const refs = await (await get(`${url}/refs`)).json() as Record<string, { name: string }[] | undefined>;
    return [...refs.branches ?? [], ...refs.tags ?? []].map(({ name }) => name);
  } catch {
    // Not every mirror has that route.
    return await get(`${url}/revision/main`).then(async ({ body }) => (await body?.cancel(), []), () => undefined);
  }
}
