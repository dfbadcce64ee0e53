/**
 * The files of a repository, from the cache or from the hub.
 *
 * The cache is that of Python's `huggingface_hub`: content by its hash in `blobs`, and names that lead there in
 * `snapshots/COMMIT`. What Python has fetched is not fetched again, nor the other way round.
 *
 * A file comes into the cache by a rename, once its checksum is right: what lies under its name is whole. Until then it
 * grows as `OID.incomplete`, which the next attempt (in this run or another) goes on with. Who fetches holds the lock
 * that Python's library takes too.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import { fileDownloadInfo } from "@huggingface/hub";
import { type Connection, pause, requests, understood } from "./connection.ts";
import { HubError } from "./error.ts";
import { link } from "./link.ts";
import { progressBar } from "./progress.ts";
import { reasonOf } from "./reason.ts";
import type { Repository } from "./repository.ts";
import { cachedIn, folderIn, type HubFile, type Snapshot } from "./snapshot.ts";

/** Attempts in a row that bring no byte, after which a download is given up; milliseconds between them. */
const ATTEMPTS = 3, PAUSE = 250;

/** Bytes of a file that are hashed at once. */
const PIECE = 1 << 22;

/** The content of a file, checked. */
export async function contentOf(
  snapshot: Snapshot,
  file: HubFile,
  connection: Connection,
): Promise<Uint8Array<ArrayBuffer>> {
  const { blob, name } = placesOf(snapshot, file, connection);
  for (const path of [blob, name]) {
    if (!await isWhole(path, file)) continue;
    await link(blob, name);
    return await Deno.readFile(path);
  }
  await fetchOnce(snapshot, file, connection);
  return await Deno.readFile(blob);
}

/**
 * Has a file lie under its own name in its commit's folder. Its content was checked when it came into the cache, which
 * takes seconds for a large one.
 */
export async function bring(snapshot: Snapshot, file: HubFile, connection: Connection): Promise<void> {
  const { blob, name } = placesOf(snapshot, file, connection);
  if (await sizeOf(blob) === file.size) await link(blob, name);
  // Where links can't be made, Python keeps the file itself there.
  else if (await sizeOf(name) !== file.size) await fetchOnce(snapshot, file, connection);
}

/** Where a file's content lies, and the name that leads there. */
function placesOf(snapshot: Snapshot, { oid, path }: HubFile, connection: Connection): { blob: string; name: string } {
  const blob = `${cachedIn(snapshot.repository, connection)}/blobs/${oid}`;
  return { blob, name: `${folderIn(snapshot, connection)}/${path}` };
}

/** Fetches a file, unless another process does while this one waits. */
async function fetchOnce(snapshot: Snapshot, file: HubFile, connection: Connection): Promise<void> {
  const { blob, name } = placesOf(snapshot, file, connection), { cache } = connection;
  const locks = `${cache}/.locks/${basename(cachedIn(snapshot.repository, connection))}`;
  await Deno.mkdir(locks, { recursive: true });
  await Deno.mkdir(dirname(blob), { recursive: true });
  using lock = await Deno.open(`${locks}/${file.oid}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (!await isWhole(blob, file)) await fetchFile(blob, snapshot, file, connection);
  await link(blob, name);
}

/** Whether there is the file, undamaged. */
async function isWhole(path: string, { oid, size }: HubFile): Promise<boolean> {
  if (await sizeOf(path) !== size) return false;
  // Large files are named by SHA-256, the others as git names them.
  const hash = oid.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  using input = await Deno.open(path);
  const piece = new Uint8Array(PIECE);
  for (let count; (count = await input.read(piece)) !== null;) hash.update(piece.subarray(0, count));
  return hash.digest("hex") === oid;
}

async function fetchFile(path: string, snapshot: Snapshot, file: HubFile, connection: Connection): Promise<void> {
  const part = `${path}.incomplete`;
  while (true) {
    const resumed = await sizeOf(part) > 0;
    await complete(part, snapshot, file, connection);
    if (await isWhole(part, file)) return await Deno.rename(part, path);
    await Deno.remove(part);
    // What an earlier run left may be what is wrong.
    if (resumed) continue;
    throw wrongChecksum(snapshot.repository, file.path);
  }
}

function wrongChecksum({ name }: Repository, path: string): HubError {
  return new HubError(
    `hub:${name}: what the hub sends as ${path} has another checksum than it lists for that file; nothing of it was ` +
      "kept, try again.",
  );
}

/** Appends to the part what is missing, over as many connections as it takes while each brings something. */
async function complete(part: string, snapshot: Snapshot, file: HubFile, connection: Connection): Promise<void> {
  const { repository } = snapshot;
  const get = requests(connection, { repository, what: file.path });
  const bar = progressBar(`${repository.name} ${file.path}`, file.size);
  try {
    let failures = 0, cause: unknown;
    while (true) {
      using output = await Deno.open(part, { create: true, append: true });
      const have = (await output.stat()).size;
      if (have >= file.size) return;
      if (failures === ATTEMPTS) {
        throw new HubError(
          `hub:${repository.name}: the connection was cut at byte ${have} of ${file.size} of ${file.path}, ` +
            `${ATTEMPTS} times in a row; run the same command again to go on from there.`,
          { cause },
        );
      }
      if (failures > 0) await pause(PAUSE * failures);
      const url = await located(snapshot, file, connection, get);
      const response = await get(url, have > 0 ? { headers: { Range: `bytes=${have}-${file.size - 1}` } } : {});
      // A server that knows no ranges sends all of it.
      let written = response.status === 206 ? have : 0;
      if (written === 0) await output.truncate();
      const reader = response.body?.getReader();
      try {
        while (reader && written <= file.size) {
          // Only what the connection does is tried again, not what the disk does.
          const next = await reader.read().catch((error) => void (cause = error));
          if (!next?.value) break;
          await writeAll(output, next.value).catch(async (error) => {
            throw unwritten(repository, file, (await output.stat()).size, connection, error);
          });
          bar.at(written += next.value.length);
        }
      } finally {
        await reader?.cancel().catch(() => {});
      }
      failures = written > have ? 0 : failures + 1;
    }
  } finally {
    bar.end();
  }
}

/** Where the file is downloaded from. */
async function located(
  { repository, commit }: Snapshot,
  { path, oid }: HubFile,
  { endpoint }: Connection,
  get: typeof fetch,
): Promise<string> {
  const info = await understood(repository, endpoint, () =>
    fileDownloadInfo({
      repo: { type: repository.kind, name: repository.name },
      path: path.split("/").map(encodeURIComponent).join("/"),
      revision: commit,
      hubUrl: endpoint,
      // Only the headers are read.
      fetch: async (input, init) => {
        const response = await get(input, init);
        await response.body?.cancel();
        return response;
      },
    }));
  if (!info) throw new HubError(`hub:${repository.name}: the hub has no ${path}.`);
  // The hub's entity tag is the same hash; what a mirror or a cache on the way makes of it may be of another kind.
  const tag = info.etag.replace(/^W\/|"/g, "");
  if (/^[0-9a-f]+$/.test(tag) && tag.length === oid.length && tag !== oid) throw wrongChecksum(repository, path);
  return info.url;
}

function unwritten(
  { name }: Repository,
  { path, size }: HubFile,
  written: number,
  { cache }: Connection,
  cause: unknown,
): HubError {
  return new HubError(
    `hub:${name}: ${path} can't be written to the cache in ${cache} (${reasonOf(cause)}): ` +
      `${written} of its ${size} bytes are there; make room, or set HF_HUB_CACHE to a directory that has it, and run ` +
      "the same command again to go on.",
    { cause },
  );
}

async function sizeOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}

async function writeAll(output: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) written += await output.write(chunk.subarray(written));
}
