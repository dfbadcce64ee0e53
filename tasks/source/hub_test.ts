import { strict as assert } from "node:assert";
import { DataError } from "./data_error.ts";
import { openHub } from "./hub.ts";
import type { Connection } from "../../hub/connection.ts";
import { type ServedFiles, type ServedHub, type ServedRepository, serveHub } from "../../hub/server_for_tests.ts";

const COMMIT = "a".repeat(40), OLDER = "b".repeat(40), CONVERTED = "c".repeat(40);
const utf8 = (text: string) => new TextEncoder().encode(text);

const README = `---
configs:
- config_name: main
  data_files:
  - {split: train, path: main/train-*}
  - {split: test, path: main/test-*}
- config_name: more
  data_files:
  - {split: validation, path: more/*.jsonl}
---
# Sums
`;
/** What it holds does not matter here, only its bytes; large enough to be cut. */
const LARGE = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) >> 3);
const SUMS: ServedFiles = {
  "README.md": utf8(README),
  "main/train-00000-of-00002.parquet": LARGE,
  "main/train-00001-of-00002.parquet": utf8("second"),
  "main/test-00000-of-00001.parquet": utf8("test"),
  "more/a file #1.jsonl": utf8('{"question": "1+1", "answer": "2"}\n'),
};
const REPOSITORIES: Record<string, ServedRepository> = {
  "podium/sums": {
    branches: {
      main: { commit: COMMIT, files: SUMS },
      "older/one": { commit: OLDER, files: { "train.csv": utf8("question,answer\n1+1,2\n") } },
    },
  },
  "podium/script": {
    branches: {
      main: { commit: COMMIT, files: { "script.py": utf8("pass"), "README.md": utf8("# Sums") } },
      "refs/convert/parquet": { commit: CONVERTED, files: { "default/test/0000.parquet": utf8("converted") } },
    },
  },
  "podium/pictures": { branches: { main: { commit: COMMIT, files: { "a.png": utf8("png") } } } },
  "podium/private": { branches: { main: { commit: COMMIT, files: SUMS } }, token: "hf_right" },
  "podium/gated": { branches: { main: { commit: COMMIT, files: SUMS } }, token: "hf_right", gated: true },
};

/** A hub and an empty cache. */
async function withHub(run: (hub: ServedHub, connection: Connection) => Promise<void>): Promise<void> {
  const cache = await Deno.makeTempDir();
  await using hub = serveHub(REPOSITORIES);
  try {
    await run(hub, { endpoint: hub.endpoint, cache });
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof DataError, String(error));
    assert.ok(!error.message.includes("\n"), "one sentence on one line");
    return error.message;
  }
  throw new Error("it was not refused");
}

/** Names of the whole files in a cache. */
function blobs({ cache }: Connection, name = "podium--sums"): string[] {
  const names = [...Deno.readDirSync(`${cache}/datasets--${name}/blobs`)].map(({ name }) => name);
  return names.filter((name) => !name.endsWith(".lock"));
}

Deno.test("a split's files come in order, and the name says commit, config and split", () =>
  withHub(async ({ requests }, connection) => {
    const { files, pinned } = await openHub("hub:podium/sums:main/train", "test", connection);
    assert.equal(pinned, `hub:podium/sums@${COMMIT}:main/train`);
    assert.deepEqual(files.map(({ name }) => name), Object.keys(SUMS).slice(1, 3));
    assert.deepEqual(files[0].bytes, LARGE);
    assert.equal(files[0].path, "hub:podium/sums/main/train-00000-of-00002.parquet");
    assert.equal(requests.filter((request) => request.includes("/tree/")).length, 4, "a listing of four pages");
    // The pinned name is a name, and needs no request.
    const before = requests.length;
    assert.deepEqual(await openHub(pinned, "test", connection), { files, pinned });
    assert.equal(requests.length, before);
  }));

Deno.test("the split is what is asked for, and validation stands for a missing test", () =>
  withHub(async (_, connection) => {
    const pinned = async (source: string, wanted: "train" | "test") =>
      (await openHub(source, wanted, connection)).pinned.replace(/@[^:]*/, "");
    assert.equal(await pinned("hub:podium/sums:main", "train"), "hub:podium/sums:main/train");
    assert.equal(await pinned("hub:podium/sums:main", "test"), "hub:podium/sums:main/test");
    assert.equal(await pinned("hub:podium/sums:more", "test"), "hub:podium/sums:more/validation");
    assert.equal(await pinned("hub:podium/sums:*/test", "train"), "hub:podium/sums:*/test");
    assert.equal(await pinned("hub:podium/sums@older/one", "train"), "hub:podium/sums:default/train");
  }));

Deno.test("a data set without files that can be read is read from the hub's conversion", () =>
  withHub(async (_, connection) => {
    const { files, pinned } = await openHub("hub:podium/script", "test", connection);
    assert.equal(pinned, `hub:podium/script@${CONVERTED}:default/test`);
    assert.deepEqual(files.map(({ name }) => name), ["default/test/0000.parquet"]);
    assert.equal((await openHub(pinned, "test", connection)).pinned, pinned);
    assert.match(
      await refusal(openHub("hub:podium/pictures", "test", connection)),
      /^hub:podium\/pictures: there is no \.jsonl, \.csv or \.parquet file in it\.$/,
    );
  }));

Deno.test("what is missing is said in a sentence that names what there is", () =>
  withHub(async ({ endpoint }, connection) => {
    const cases: [source: string, message: string | RegExp][] = [
      ["hub:sums", "hub:sums: a data set on the hub is named hub:OWNER/NAME[@REVISION][:CONFIG/SPLIT]."],
      ["hub:../..", /is named hub:OWNER\/NAME/],
      ["hub:podium/none", `hub:podium/none: there is no such data set on ${endpoint}.`],
      [
        "hub:podium/sums@v9",
        'hub:podium/sums: there is no revision "v9" (there: main, older/one, or a commit).',
      ],
      [`hub:podium/sums@${"d".repeat(40)}`, /there is no revision "d{40}" \(there: main, older\/one, or a commit\)\.$/],
      [
        "hub:podium/sums",
        "hub:podium/sums: it has several configs (main, more); name one as hub:podium/sums:CONFIG/SPLIT, or * for all.",
      ],
      ["hub:podium/sums:socratic/test", 'hub:podium/sums: there is no config "socratic" (there: main, more).'],
      ["hub:podium/sums:main/dev", 'hub:podium/sums: the config "main" has no split "dev" (there: train, test).'],
      ["hub:podium/private", /^hub:podium\/private: the hub refuses access \(status 401\): .+ set HF_TOKEN to a token/],
      [
        "hub:podium/gated",
        `hub:podium/gated: access is gated (status 403); accept its terms on ${endpoint}/datasets/podium/gated ` +
        "and set HF_TOKEN to a token of that account.",
      ],
    ];
    for (const [source, message] of cases) {
      const said = await refusal(openHub(source, "test", connection));
      if (typeof message === "string") assert.equal(said, message);
      else assert.match(said, message);
    }
  }));

Deno.test("the token opens what is private, and a wrong one is said to be wrong", () =>
  withHub(async (_, connection) => {
    const right = { ...connection, token: "hf_right" };
    assert.equal((await openHub("hub:podium/private:main/test", "test", right)).files.length, 1);
    assert.match(
      await refusal(openHub("hub:podium/private", "test", { ...connection, token: "hf_wrong" })),
      /^hub:podium\/private: the hub refuses the token in HF_TOKEN \(status 401\)/,
    );
  }));

Deno.test("a connection that is cut mid-file is resumed where it was cut", () =>
  withHub(async ({ requests, faults }, connection) => {
    const cuts = [100_000, 0, 50_000];
    faults.cut = (path) => path.endsWith("00-of-00002.parquet") ? cuts.shift() : undefined;
    const { files } = await openHub("hub:podium/sums:main/train", "train", connection);
    assert.deepEqual(files[0].bytes, LARGE);
    const ranges = requests.filter((request) => /00-of-00002\.parquet(?! bytes=0-0)/.test(request));
    assert.deepEqual(ranges.map((request) => request.split(" ")[2]), [
      undefined,
      "bytes=100000-299999",
      "bytes=100000-299999",
      "bytes=150000-299999",
    ]);
    assert.equal(blobs(connection).filter((name) => name.endsWith(".incomplete")).length, 0);
  }));

Deno.test("a connection that is always cut there is an error, and the next run goes on from there", () =>
  withHub(async ({ requests, faults }, connection) => {
    faults.cut = (path, start) => path.endsWith("00-of-00002.parquet") ? Math.max(0, 120_000 - start) : undefined;
    const open = () => openHub("hub:podium/sums:main/train", "train", connection);
    assert.equal(
      await refusal(open()),
      "hub:podium/sums: the connection was cut at byte 120000 of 300000 of main/train-00000-of-00002.parquet, " +
        "3 times in a row; run the same command again to go on from there.",
    );
    // README.md is whole; the file lies there under no name that is read.
    assert.deepEqual(blobs(connection).map((name) => name.replace(/^.+\./, ".")).filter((name) => name[0] === "."), [
      ".incomplete",
    ]);
    faults.cut = undefined;
    const before = requests.length;
    assert.deepEqual((await open()).files[0].bytes, LARGE);
    assert.ok(requests.slice(before).some((request) => request.endsWith(" bytes=120000-299999")));
  }));

Deno.test("a server without ranges is asked for the whole file again", () =>
  withHub(async ({ faults }, connection) => {
    let cuts = 1;
    faults.noRanges = true;
    faults.cut = (path) => path.endsWith("00-of-00002.parquet") && cuts-- > 0 ? 1000 : undefined;
    assert.deepEqual((await openHub("hub:podium/sums:main/train", "train", connection)).files[0].bytes, LARGE);
  }));

Deno.test("a wrong checksum is an error, and nothing of the file stays in the cache", () =>
  withHub(async ({ faults }, connection) => {
    const open = () => openHub("hub:podium/sums:main/train", "train", connection);
    faults.damage = (path) => path.endsWith("00-of-00002.parquet");
    const message = await refusal(open());
    assert.match(
      message,
      /^hub:podium\/sums: what the hub sends as main\/train-00000-of-00002\.parquet has another checksum/,
    );
    assert.equal(blobs(connection).length, 1, "README.md alone");
    faults.damage = undefined;
    faults.mistaken = (path) => path.endsWith("00-of-00002.parquet");
    assert.equal(await refusal(open()), message);
    faults.mistaken = undefined;
    assert.equal((await open()).files.length, 2);
  }));

Deno.test("what an earlier run left, or what was damaged in the cache, is fetched anew", () =>
  withHub(async (_, connection) => {
    const open = () => openHub("hub:podium/sums:main/train", "train", connection);
    const [{ bytes }] = (await open()).files;
    const path = `${connection.cache}/datasets--podium--sums/blobs`;
    for (const name of blobs(connection).filter((name) => name.length === 64)) {
      await Deno.writeTextFile(`${path}/${name}`, "damaged");
      await Deno.writeTextFile(`${path}/${name}.incomplete`, "of another world");
    }
    assert.deepEqual((await open()).files[0].bytes, bytes);
    assert.ok(blobs(connection).every((name) => !name.endsWith(".incomplete")));
  }));

Deno.test("several at once fetch a file once", () =>
  withHub(async ({ requests }, connection) => {
    const open = () => openHub("hub:podium/sums:main/train", "train", connection);
    const [one, two, three] = await Promise.all([open(), open(), open()]);
    assert.deepEqual(one, two);
    assert.deepEqual(one, three);
    assert.equal(requests.filter((request) => /00000-of-00002\.parquet$/.test(request)).length, 1);
  }));

Deno.test("offline, the cache is what there is", () =>
  withHub(async ({ requests }, connection) => {
    const offline = { ...connection, offline: true };
    assert.equal(
      await refusal(openHub("hub:podium/sums:main/test", "test", offline)),
      `hub:podium/sums: revision "main" is not in the cache (${connection.cache}), and HF_HUB_OFFLINE is set; ` +
        "run once without it.",
    );
    const online = await openHub("hub:podium/sums:main/test", "test", connection);
    const before = requests.length;
    assert.deepEqual(await openHub("hub:podium/sums:main/test", "test", offline), online);
    assert.match(await refusal(openHub("hub:podium/sums:main/train", "test", offline)), /parquet is not in the cache/);
    assert.equal(requests.length, before);
  }));

Deno.test("a cache that can't be written is said to be that", () =>
  withHub(async (_, connection) => {
    const file = `${connection.cache}/file`;
    await Deno.writeTextFile(file, "");
    const said = await refusal(openHub("hub:podium/sums:main/test", "test", { ...connection, cache: file }));
    assert.match(
      said,
      /^hub:podium\/sums: the cache in .+\/file can't be used \(.+\); set HF_HUB_CACHE to a directory/,
    );
  }));

Deno.test("what is no hub is said to make no sense", async () => {
  await using other = serveHub(REPOSITORIES, () => new Response("<html>"));
  const cache = await Deno.makeTempDir();
  const connection = { endpoint: other.endpoint, cache };
  assert.match(
    await refusal(openHub("hub:podium/sums", "test", connection)),
    /^hub:podium\/sums: the answer of http:\/\/127\.0\.0\.1:\d+ makes no sense \(.+\)\.$/,
  );
  await Deno.remove(cache, { recursive: true });
});

Deno.test("a hub that is busy is asked again, one that stays so or is not there is an error", () =>
  withHub(async ({ requests, faults }, connection) => {
    let busy = 1;
    faults.status = () => busy-- > 0 ? 503 : undefined;
    assert.equal((await openHub("hub:podium/sums:main/test", "test", connection)).files.length, 1);
    faults.status = () => 500;
    const before = requests.length;
    assert.match(
      await refusal(openHub("hub:podium/script", "test", connection)),
      /^hub:podium\/script: the hub fails on revision "main" \(status 500: .+\); try again later\.$/,
    );
    assert.equal(requests.length - before, 3);
    await using gone = serveHub({});
    await gone[Symbol.asyncDispose]();
    const nobody = { ...connection, endpoint: gone.endpoint };
    assert.match(
      await refusal(openHub("hub:podium/script", "test", nobody)),
      /^hub:podium\/script: http:\/\/127\.0\.0\.1:\d+ can't be reached \(.+\); HF_HUB_OFFLINE=1 uses what is in the cache\.$/,
    );
  }));
