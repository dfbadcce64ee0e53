import { strict as assert } from "node:assert";
import { dirname } from "node:path";
import { hubCacheDirectory } from "./cache_directory.ts";
import type { Connection } from "./connection.ts";
import { contentOf } from "./download.ts";
import { HubError } from "./error.ts";
import { folderOf } from "./folder.ts";
import { oidOf, type ServedFiles, type ServedHub, serveHub } from "./server_for_tests.ts";
import { snapshotOf } from "./snapshot.ts";

const COMMIT = "a".repeat(40), NAME = "podium/shared", FOLDER = "models--podium--shared";
const utf8 = (text: string) => new TextEncoder().encode(text);
const FILES: ServedFiles = {
  "config.json": utf8("{}"),
  "model.safetensors": utf8("weights"),
  "onnx/model.json": utf8("[]"),
};
const MODEL = { kind: "model" as const, name: NAME }, DATA = { kind: "dataset" as const, name: NAME };

/** A hub and an empty cache. */
async function withHub(run: (hub: ServedHub, connection: Connection) => Promise<void>): Promise<void> {
  const cache = await Deno.makeTempDir();
  try {
    const branches = { main: { commit: COMMIT, files: FILES }, "refs/pr/1": { commit: COMMIT, files: FILES } };
    await using hub = serveHub({ [NAME]: { kind: "model", branches } });
    await run(hub, { endpoint: hub.endpoint, cache });
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** Puts files into a cache as Python's huggingface_hub does (1.33, `_hf_hub_download_to_cache_dir`). */
async function asPython(cache: string, files: ServedFiles, links = true): Promise<string> {
  const folder = `${cache}/${FOLDER}`, snapshot = `${folder}/snapshots/${COMMIT}`;
  const write = async (path: string, bytes: Uint8Array) => {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, bytes);
  };
  await write(`${folder}/refs/main`, utf8(COMMIT));
  for (const [path, bytes] of Object.entries(files)) {
    const oid = oidOf(path, bytes), name = `${snapshot}/${path}`;
    if (!links) await write(name, bytes);
    else {
      await write(`${folder}/blobs/${oid}`, bytes);
      await Deno.mkdir(dirname(name), { recursive: true });
      await Deno.symlink(`${"../".repeat(path.split("/").length + 1)}blobs/${oid}`, name);
    }
  }
  return snapshot;
}

const read = (folder: string, files: ServedFiles = FILES) =>
  Promise.all(Object.keys(files).map(async (path) => [path, await Deno.readFile(`${folder}/${path}`)]))
    .then(Object.fromEntries);

Deno.test("what is fetched lies where Python's huggingface_hub looks for it", () =>
  withHub(async (_, connection) => {
    const snapshot = await snapshotOf(MODEL, "main", connection), folder = `${connection.cache}/${FOLDER}`;
    assert.equal(await folderOf(snapshot, snapshot.files, connection), `${folder}/snapshots/${COMMIT}`);
    assert.equal(await Deno.readTextFile(`${folder}/refs/main`), COMMIT);
    assert.deepEqual(await read(`${folder}/snapshots/${COMMIT}`), FILES);
    for (const [path, bytes] of Object.entries(FILES)) {
      const up = "../".repeat(path.split("/").length + 1);
      assert.equal(await Deno.readLink(`${folder}/snapshots/${COMMIT}/${path}`), `${up}blobs/${oidOf(path, bytes)}`);
    }
    const blobs = [...Deno.readDirSync(`${folder}/blobs`)].map(({ name }) => name).sort();
    assert.deepEqual(blobs, Object.entries(FILES).map(([path, bytes]) => oidOf(path, bytes)).sort());
    const there = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(there, [".podium", "blobs", "refs", "snapshots"]);
    assert.deepEqual([...Deno.readDirSync(connection.cache)].map(({ name }) => name).sort(), [".locks", FOLDER]);
    await snapshotOf(MODEL, "refs/pr/1", connection);
    assert.equal(await Deno.readTextFile(`${folder}/refs/refs/pr/1`), COMMIT);
  }));

Deno.test("what Python has fetched is not fetched again, and is enough offline", async () => {
  for (const links of [true, false]) {
    await withHub(async ({ requests }, connection) => {
      const folder = await asPython(connection.cache, FILES, links), offline = { ...connection, offline: true };
      for (const revision of ["main", COMMIT]) {
        const snapshot = await snapshotOf(MODEL, revision, offline);
        assert.deepEqual(snapshot.files.map(({ path }) => path), Object.keys(FILES));
        assert.equal(await folderOf(snapshot, snapshot.files, offline), folder);
        for (const file of snapshot.files) assert.deepEqual(await contentOf(snapshot, file, offline), FILES[file.path]);
      }
      assert.equal(requests.length, 0);
      const snapshot = await snapshotOf(MODEL, "main", connection);
      await folderOf(snapshot, snapshot.files, connection);
      for (const file of snapshot.files) await contentOf(snapshot, file, connection);
      assert.ok(requests.every((request) => !request.includes("/resolve/")), requests.join("\n"));
      assert.deepEqual(await read(folder), FILES);
    });
  }
});

Deno.test("of what Python has fetched in part the rest is fetched, and offline it is said to be missing", () =>
  withHub(async ({ requests }, connection) => {
    const { "model.safetensors": weights, ...rest } = FILES, offline = { ...connection, offline: true };
    const folder = await asPython(connection.cache, rest);
    const partial = await snapshotOf(MODEL, "main", offline);
    assert.deepEqual(partial.files.map(({ path }) => path), Object.keys(rest));
    // A cut download of an older version of Python's.
    await Deno.writeFile(
      `${connection.cache}/${FOLDER}/blobs/${oidOf("model.safetensors", weights)}.incomplete`,
      weights.subarray(0, 3),
    );
    const snapshot = await snapshotOf(MODEL, "main", connection);
    await folderOf(snapshot, snapshot.files, connection);
    assert.deepEqual(await read(folder), FILES);
    const fetched = requests.filter((request) => request.includes("/resolve/") && !request.endsWith(" bytes=0-0"));
    assert.deepEqual(fetched, [`GET /${NAME}/resolve/${COMMIT}/model.safetensors bytes=3-6`]);
  }));

Deno.test("the list of a commit's files that Python keeps is read, and one of another format is not", () =>
  withHub(async ({ requests }, connection) => {
    const tree = `${connection.cache}/datasets--podium--shared/trees/${COMMIT}.json`, oid = "1".repeat(40);
    const files = {
      "b.parquet": { size: 130, blob_id: oid, lfs_sha256: "2".repeat(64), lfs_size: 7, xet_hash: "3".repeat(64) },
      "a.csv": { size: 5, blob_id: oid },
    };
    await Deno.mkdir(dirname(tree), { recursive: true });
    await Deno.writeTextFile(tree, JSON.stringify({ format_version: 1, files }));
    const { files: found } = await snapshotOf(DATA, COMMIT, { ...connection, offline: true });
    assert.deepEqual(found, [
      { path: "a.csv", size: 5, oid },
      { path: "b.parquet", size: 7, oid: "2".repeat(64) },
    ]);
    assert.deepEqual(requests, []);
    for (const text of [JSON.stringify({ format_version: 2, files }), "{", '{"format_version": 1}']) {
      await Deno.writeTextFile(tree, text);
      await assert.rejects(snapshotOf(DATA, COMMIT, { ...connection, offline: true }), (error: Error) => {
        assert.ok(error instanceof HubError);
        return error.message.includes("is not in the cache");
      });
    }
    // Of a data set, what happens to lie in the folder does not pass for all of it.
    await Deno.mkdir(`${connection.cache}/datasets--podium--shared/snapshots/${COMMIT}`, { recursive: true });
    await Deno.writeTextFile(`${connection.cache}/datasets--podium--shared/snapshots/${COMMIT}/a.csv`, "a");
    await assert.rejects(snapshotOf(DATA, COMMIT, { ...connection, offline: true }), /is not in the cache/);
  }));

Deno.test("a hub that lists files outside their folder is refused", async () => {
  const cache = await Deno.makeTempDir();
  for (const path of ["../escaped", "/absolute", "a//b", "a\\b"]) {
    const entry = { type: "file", path, oid: "1".repeat(40), size: 1 };
    await using hub = serveHub({}, () => Response.json([entry]));
    await assert.rejects(snapshotOf(MODEL, COMMIT, { endpoint: hub.endpoint, cache }), /which is no path of a file\.$/);
  }
  await Deno.remove(cache, { recursive: true });
});

Deno.test("the cache is where the environment says, by Python's rules", () => {
  const cases: [Record<string, string>, string][] = [
    [{ HOME: "/me" }, "/me/.cache/huggingface/hub"],
    [{ HOME: "/me", XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
    [{ HOME: "/me", XDG_CACHE_HOME: "/x", HF_HOME: "~/hf" }, "/me/hf/hub"],
    [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old/" }, "/old"],
    [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/new" }, "/new"],
  ];
  const of = (values: Record<string, string>) => hubCacheDirectory({ get: (name) => values[name] });
  for (const [values, expected] of cases) assert.equal(of(values), expected);
  assert.throws(() => of({}), /set HF_HOME to a directory \(HOME is not set\)/);
});
