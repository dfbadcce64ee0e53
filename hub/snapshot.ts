/**
 * A repository at one commit: which commit a revision is, and which files it has. Both are kept in the cache, whose
 * layout is that of Python's `huggingface_hub`:
 *
 *     models--OWNER--NAME/refs/REVISION          the commit that a branch or tag was when last asked
 *     models--OWNER--NAME/blobs/OID              a file's content by its hash (download.ts)
 *     models--OWNER--NAME/snapshots/COMMIT/PATH  names that lead to blobs (link.ts)
 *     models--OWNER--NAME/trees/COMMIT.json      the files of a commit, where Python has fetched all of them
 *     models--OWNER--NAME/.podium/COMMIT.json    the same, where Podium has fetched some
 *     .locks/models--OWNER--NAME/OID.lock        held while a file is fetched
 *
 * Podium's list stands apart: with one in `trees`, Python takes a folder that lacks some of the files for a download
 * that was cut.
 *
 * @module
 */

import { datasetInfo, listFiles, modelInfo } from "@huggingface/hub";
import { readWhole, writeWhole } from "./atomic.ts";
import { inOrder, knownFiles } from "./known.ts";
import { type Connection, HubRefusal, requests, understood } from "./connection.ts";
import { HubError } from "./error.ts";
import type { Repository } from "./repository.ts";

/** A file of a commit. */
export interface HubFile {
  /** Path in the repository. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hash of the content: SHA-256 of a large file, git's object id of others. */
  readonly oid: string;
}

/** A repository at one commit. */
export interface Snapshot {
  /** Of what. */
  readonly repository: Repository;
  /** The commit. */
  readonly commit: string;
  /** Its files, by path. */
  readonly files: readonly HubFile[];
}

/** A repository without the revision that was named. */
export class NoSuchRevision extends HubError {}

const COMMIT = /^[0-9a-f]{40}$/;
/** The name of a blob. */
export const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The folder of a repository in the cache. */
export function cachedIn({ kind, name }: Repository, { cache }: Connection): string {
  return `${cache}/${kind}s--${name.replace("/", "--")}`;
}

/** The folder of a commit's files in the cache. */
export function folderIn({ repository, commit }: Omit<Snapshot, "files">, connection: Connection): string {
  return `${cachedIn(repository, connection)}/snapshots/${commit}`;
}

/** The repository as a revision has it now; a commit that is in the cache is not asked for again. */
export async function snapshotOf(repository: Repository, revision: string, connection: Connection): Promise<Snapshot> {
  const commit = COMMIT.test(revision) ? revision : await commitOf(repository, revision, connection);
  const known = await knownFiles(repository, commit, connection);
  if (known) return { repository, commit, files: known };
  const files = await treeOf(repository, commit, connection), folder = cachedIn(repository, connection);
  await writeWhole(`${folder}/.podium/${commit}.json`, JSON.stringify(files), folder);
  return { repository, commit, files };
}

async function commitOf(repository: Repository, revision: string, connection: Connection): Promise<string> {
  const path = `${cachedIn(repository, connection)}/refs/${refName(revision)}`;
  if (connection.offline) {
    const known = (await readWhole(path))?.trim();
    if (known !== undefined && COMMIT.test(known)) return known;
  }
  const { sha } = await asked(repository, revision, connection, (): Promise<{ sha: string }> => {
    const question = {
      name: repository.name,
      revision,
      additionalFields: ["sha" as const],
      hubUrl: connection.endpoint,
      fetch: requests(connection, { repository, what: `revision "${revision}"` }),
    };
    return repository.kind === "dataset" ? datasetInfo(question) : modelInfo(question);
  });
  if (!COMMIT.test(sha)) {
    throw new HubError(`hub:${repository.name}: the hub names no commit for the revision "${revision}".`);
  }
  if (await readWhole(path) !== sha) {
    // Python takes a name for a commit that has no folder for damage.
    await Deno.mkdir(folderIn({ repository, commit: sha }, connection), { recursive: true });
    await writeWhole(path, sha, cachedIn(repository, connection));
  }
  return sha;
}

/** A revision as a path. */
function refName(revision: string): string {
  return leavesFolder(revision) ? encodeURIComponent(revision) : revision;
}

/** Whether a path would lead elsewhere than below its folder. */
function leavesFolder(path: string): boolean {
  return path.includes("\\") || path.split("/").some((part) => /^\.{0,2}$/.test(part));
}

async function treeOf(repository: Repository, commit: string, connection: Connection): Promise<HubFile[]> {
  const files: HubFile[] = [];
  await asked(repository, commit, connection, async () => {
    const entries = listFiles({
      repo: { type: repository.kind, name: repository.name },
      revision: commit,
      recursive: true,
      hubUrl: connection.endpoint,
      fetch: requests(connection, { repository, what: `revision "${commit}"` }),
    });
    for await (const { type, path, size, oid, lfs } of entries) {
      if (type !== "file") continue;
      if (leavesFolder(path)) {
        throw new HubError(
          `hub:${repository.name}: the hub lists ${JSON.stringify(path)}, which is no path of a file.`,
        );
      }
      const hash = lfs?.oid ?? oid;
      if (!hash || !OID.test(hash)) {
        throw new HubError(`hub:${repository.name}: the hub gives no checksum for ${path}.`);
      }
      files.push({ path, size: lfs?.size ?? size, oid: hash });
    }
  });
  return inOrder(files);
}

/** Asks; a 404 says whether the repository or its revision is missing, and which revisions there are. */
async function asked<T>(
  repository: Repository,
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
    throw new NoSuchRevision(`hub:${repository.name}: there is no revision "${revision}"${names}.`, { cause: error });
  }
}

/** Branches and tags of a repository; empty if it does not say, undefined if there is no such one. */
async function revisionsOf(repository: Repository, connection: Connection): Promise<string[] | undefined> {
  const get = requests(connection, { repository, what: "list of revisions" });
  const url = `${connection.endpoint}/api/${repository.kind}s/${repository.name}`;
  try {
    const refs = await (await get(`${url}/refs`)).json() as Record<string, { name: string }[] | undefined>;
    return [...refs.branches ?? [], ...refs.tags ?? []].map(({ name }) => name);
  } catch {
    // Not every mirror has that route.
    return await get(`${url}/revision/main`).then(async ({ body }) => (await body?.cancel(), []), () => undefined);
  }
}
