/**
 * A hub on this machine, with the hub's own routes and headers, for tests of what may go wrong on the way.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A repository to serve. */
export interface ServedRepository {
  /** What it holds. Absent: a data set. */
  readonly kind?: "model";
  /** Files of each revision by path; a revision with 40 hex digits is a commit, the others are branches. */
  readonly branches: Readonly<Record<string, { readonly commit: string; readonly files: ServedFiles }>>;
  /** The token that may read it. Absent: everybody may. */
  readonly token?: string;
  /** Whether those who may not are told that it is gated. */
  readonly gated?: boolean;
}

/** Contents by path; those that end in `.parquet` or `.safetensors` are large files, with a SHA-256 in the listing. */
export type ServedFiles = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/** What goes wrong. */
export interface Faults {
  /** Bytes of an answer to send before the connection is cut; asked for each download, in order. */
  cut?: (path: string, start: number) => number | undefined;
  /** Whether a download's bytes are changed on the way. */
  damage?: (path: string) => boolean;
  /** Whether the entity tag is that of another file. */
  mistaken?: (path: string) => boolean;
  /** Whether ranges are not understood: every answer is the whole file. */
  noRanges?: boolean;
  /** A status in place of the answer; asked for each request. */
  status?: (path: string) => number | undefined;
}

/** A hub that listens. */
export interface ServedHub extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Requests so far, as `METHOD PATH RANGE`. */
  readonly requests: string[];
  /** What goes wrong from now on. */
  readonly faults: Faults;
}

/** Entries of a listing per page: fewer than any test's repository has. */
const PAGE = 2;

/** The listing's hash of a file. */
export function oidOf(path: string, bytes: Uint8Array): string {
  if (/\.(parquet|safetensors)$/.test(path)) return createHash("sha256").update(bytes).digest("hex");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Serves repositories by `OWNER/NAME`; `instead` answers in place of the hub. */
export function serveHub(
  repositories: Readonly<Record<string, ServedRepository>>,
  instead?: () => Response,
): ServedHub {
  const requests: string[] = [], faults: Faults = {};
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, onError: () => new Response(null, { status: 500 }) },
    (request) => {
      const url = new URL(request.url), path = decodeURIComponent(url.pathname), range = request.headers.get("Range");
      requests.push(`${request.method} ${path}${range ? ` ${range}` : ""}`);
      if (instead) return instead();
      const status = faults.status?.(path);
      if (status) return new Response("no", { status });
      const [, api, kind, name, route, rest] =
        /^\/(api\/)?(datasets\/|models\/)?([^/]+\/[^/]+)(?:\/(revision|tree|refs|resolve)(?:\/(.+))?)?$/.exec(path) ??
          [];
      const repository = repositories[name], prefix = repository?.kind !== "model" ? "datasets/" : api && "models/";
      if (!repository || kind !== prefix) return refused(404, "RepoNotFound");
      const allowed = !repository.token || request.headers.get("Authorization") === `Bearer ${repository.token}`;
      if (!allowed) return repository.gated ? refused(403, "GatedRepo") : refused(401);
      if (api && route === "refs") {
        const branches = Object.keys(repository.branches).map((name) => ({ name, ref: `refs/heads/${name}` }));
        return Response.json({ branches, converts: [], tags: [] });
      }
      // A revision may hold slashes, so the longest that is known counts.
      const found = Object.entries(repository.branches)
        .flatMap(([branch, at]) => [[branch, at], [at.commit, at]] as const)
        .find(([revision]) => rest === revision || rest?.startsWith(`${revision}/`));
      if (!found) return refused(404, "RevisionNotFound");
      const [revision, { commit, files }] = found;
      if (api && route === "revision") return Response.json({ _id: "1", id: name, sha: commit, private: false });
      if (api && route === "tree") return listing(url, files);
      return download(request, rest!.slice(revision.length + 1), { commit, files }, faults);
    },
  );
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    requests,
    faults,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function refused(status: number, code?: string): Response {
  return Response.json({ error: "refused" }, { status, headers: code ? { "X-Error-Code": code } : {} });
}

function listing(url: URL, files: ServedFiles): Response {
  const entries = Object.entries(files).map(([path, bytes]) => {
    const oid = oidOf(path, bytes), size = bytes.length;
    return oid.length === 64
      ? { type: "file", path, oid: "0".repeat(40), size, lfs: { oid, size, pointerSize: 131 } }
      : { type: "file", path, oid, size };
  });
  const folders = [
    ...new Set(Object.keys(files).filter((path) => path.includes("/")).map((path) => path.split("/")[0])),
  ];
  const all = [...folders.map((path) => ({ type: "directory", path, oid: "1".repeat(40), size: 0 })), ...entries];
  const start = Number(url.searchParams.get("cursor") ?? 0), next = new URL(url);
  next.searchParams.set("cursor", String(start + PAGE));
  const headers: HeadersInit = start + PAGE < all.length ? { Link: `<${next}>; rel="next"` } : {};
  return Response.json(all.slice(start, start + PAGE), { headers });
}

function download(
  request: Request,
  path: string,
  { commit, files }: { commit: string; files: ServedFiles },
  faults: Faults,
): Response {
  const whole = files[path];
  if (!whole) return refused(404, "EntryNotFound");
  const range = faults.noRanges && request.headers.get("Range") !== "bytes=0-0"
    ? null
    : /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range") ?? "");
  const start = Number(range?.[1] ?? 0), end = Math.min(whole.length, Number(range?.[2] || whole.length) + 1);
  const bytes = whole.slice(start, end);
  const tag = oidOf(path, faults.mistaken?.(path) ? new Uint8Array() : whole);
  const headers: Record<string, string> = {
    ETag: `"${tag}"`,
    "Content-Length": String(bytes.length),
    "X-Repo-Commit": commit,
  };
  if (range) headers["Content-Range"] = `bytes ${start}-${end - 1}/${whole.length}`;
  const probe = request.headers.get("Range") === "bytes=0-0";
  if (!probe && faults.damage?.(path)) bytes[bytes.length >> 1] ^= 1;
  const sent = probe ? undefined : faults.cut?.(path, start);
  return new Response(sent === undefined ? bytes : cutAfter(bytes.subarray(0, sent)), {
    status: range ? 206 : 200,
    headers,
  });
}

/** A body that ends before its length is reached. */
function cutAfter(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = false;
  return new ReadableStream({
    async pull(controller) {
      if (!sent && bytes.length > 0) controller.enqueue(bytes);
      else {
        // Time for what was sent to arrive.
        await new Promise((resolve) => setTimeout(resolve, 50));
        controller.error(new Error("cut"));
      }
      sent = true;
    },
  });
}
