import { strict as assert } from "node:assert";
import type { Connection } from "../hub/connection.ts";
import { HubError } from "../hub/error.ts";
import { type ServedFiles, type ServedHub, type ServedRepository, serveHub } from "../hub/server_for_tests.ts";
import { readDirectory } from "../policy/directory.ts";
import { openOnnxPolicy } from "../policy/onnx/open.ts";
import { keyOf } from "../policy/random.ts";
import { fetchDescription, fetchPolicy, parseHubPolicy } from "./hub_policy.ts";
import { Refusal } from "./outcomes.ts";
import { inTemporary } from "./testing/temporary.ts";

const COMMIT = "a".repeat(40), LATER = "b".repeat(40);
const utf8 = (text: string) => new TextEncoder().encode(text);
const fixture = (name: string) => decodeURIComponent(new URL(`../fixtures/models/${name}`, import.meta.url).pathname);

/** The files of a fixture, and one that no policy needs; its ONNX files only if they are wanted. */
function filesOf(name: string, onnx: readonly string[] = []): ServedFiles {
  const names = [...Deno.readDirSync(fixture(name))].filter(({ isFile }) => isFile).map(({ name }) => name)
    .filter((file) => !/^(expected|greedy)/.test(file)).concat(onnx);
  const files = names.map((file) => [file, Deno.readFileSync(`${fixture(name)}/${file}`)]);
  return { ...Object.fromEntries(files), "pytorch_model.bin": utf8("not read") };
}

const SINGLE = filesOf("qwen2-tied"), SHARDED = filesOf("llama-untied");
const { "model.safetensors": _, ...WITHOUT_WEIGHTS } = SINGLE;
const { "model-00002-of-00003.safetensors": __, ...WITHOUT_SHARD } = SHARDED;
const GRAPHS = filesOf("llama-mqa", ["onnx/model.onnx", "onnx/model.onnx_data", "onnx/model_q4.onnx"]);
const { "onnx/model.onnx_data": ___, "model.safetensors": ____, ...GRAPHS_ALONE } = GRAPHS;
const model = (files: ServedFiles, more: Partial<ServedRepository> = {}): ServedRepository => ({
  kind: "model",
  branches: { main: { commit: COMMIT, files } },
  ...more,
});
const other = { ...JSON.parse(new TextDecoder().decode(SINGLE["config.json"])), model_type: "mamba" };
const REPOSITORIES: Record<string, ServedRepository> = {
  "podium/single": model(SINGLE, {
    branches: {
      main: { commit: COMMIT, files: SINGLE },
      later: { commit: LATER, files: { ...SINGLE, "generation_config.json": utf8('{"eos_token_id": 3}') } },
    },
  }),
  "podium/sharded": model(SHARDED),
  "podium/weightless": model(WITHOUT_WEIGHTS),
  "podium/shardless": model(WITHOUT_SHARD),
  "podium/other": model({ ...SINGLE, "config.json": utf8(JSON.stringify(other)) }),
  "podium/graphs": model(GRAPHS),
  "podium/graphs-alone": model(GRAPHS_ALONE),
  "podium/graphs-cut": model({ ...GRAPHS, "onnx/model_q4.onnx": GRAPHS["onnx/model_q4.onnx"].slice(0, 9000) }),
  "podium/text": model({ ...SINGLE, "config.json": utf8("<html>") }),
  "podium/empty": model({ "README.md": utf8("soon") }),
  "podium/gated": model(SINGLE, { token: "hf_right", gated: true }),
  "podium/private": model(SINGLE, { token: "hf_right" }),
};

/** A hub and an empty cache. */
function withHub(run: (hub: ServedHub, connection: Connection) => Promise<void>): Promise<void> {
  return inTemporary(async (cache) => {
    await using hub = serveHub(REPOSITORIES);
    await run(hub, { endpoint: hub.endpoint, cache });
  });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => assert.fail("it was not refused"), (error) => error);
  assert.ok(error instanceof HubError || error instanceof Refusal || error.constructor === Error, String(error));
  assert.ok(!error.message.includes("\n"), "one sentence on one line");
  return error.message;
}

const weightsOf = async (directory: string) => (await readDirectory(directory)).weights;

Deno.test("a policy of the hub is a directory with its files, under the name of the commit", () =>
  withHub(async ({ requests }, connection) => {
    for (const [source, name] of [["single", "qwen2-tied"], ["sharded", "llama-untied"]]) {
      const { directory, pinned } = await fetchPolicy(`hub:podium/${source}`, connection);
      assert.equal(pinned, `hub:podium/${source}@${COMMIT}`);
      const there = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
      assert.deepEqual(there, Object.keys(filesOf(name)).filter((file) => file !== "pytorch_model.bin").sort());
      assert.deepEqual(await weightsOf(directory), await weightsOf(fixture(name)));
      // The pinned name is a name, and needs no request; nor does the other one offline.
      const before = requests.length;
      assert.deepEqual(await fetchPolicy(pinned, connection), { directory, pinned });
      assert.deepEqual(await fetchPolicy(`hub:podium/${source}`, { ...connection, offline: true }), {
        directory,
        pinned,
      });
      assert.equal(requests.length, before);
    }
  }));

Deno.test("what describes a policy is fetched without its weights, and not again with them", () =>
  withHub(async ({ requests }, connection) => {
    const { directory, pinned } = await fetchDescription("hub:podium/single", connection);
    const there = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assert.ok(there.includes("config.json") && !there.some((name) => name.endsWith(".safetensors")), `${there}`);
    const before = requests.length;
    assert.deepEqual(await fetchPolicy(pinned, connection), { directory, pinned });
    assert.ok(
      requests.slice(before).every((request) => request.includes("model.safetensors")),
      `${requests.slice(before)}`,
    );
  }));

Deno.test("a revision is another directory, and what both have in common is fetched once", () =>
  withHub(async ({ requests }, connection) => {
    const main = await fetchPolicy("hub:podium/single", connection);
    const later = await fetchPolicy("hub:podium/single@later", connection);
    assert.equal(later.pinned, `hub:podium/single@${LATER}`);
    const stops = async (directory: string) => (await readDirectory(directory)).stopTokens;
    assert.deepEqual(await stops(later.directory), [3]);
    assert.notDeepEqual(await stops(main.directory), [3]);
    assert.deepEqual(await weightsOf(later.directory), await weightsOf(main.directory));
    assert.equal(requests.filter((request) => /model\.safetensors$/.test(request)).length, 1);
  }));

Deno.test("of ONNX files the one that is named is fetched, with its weights and nothing else", () =>
  withHub(async ({ requests }, connection) => {
    const fetched = () => requests.filter((request) => /(onnx|onnx_data|safetensors)( |$)/.test(request));
    const { directory, pinned, file } = await fetchPolicy("hub:podium/graphs#model_q4.onnx", connection);
    assert.deepEqual([pinned, file], [`hub:podium/graphs@${COMMIT}#onnx/model_q4.onnx`, "onnx/model_q4.onnx"]);
    assert.ok(fetched().length > 0 && fetched().every((request) => request.includes("model_q4.onnx")));
    await fetchPolicy("hub:podium/graphs#onnx/model.onnx", connection);
    const there = [...Deno.readDirSync(`${directory}/onnx`)].map(({ name }) => name).sort();
    assert.deepEqual(there, ["model.onnx", "model.onnx_data", "model_q4.onnx"]);
    assert.ok(fetched().every((request) => !request.includes("safetensors")));
    const before = requests.length, offline = { ...connection, offline: true };
    assert.deepEqual(await fetchPolicy(pinned, offline), { directory, pinned, file });
    assert.equal(requests.length, before);
    const drawn = async (directory: string) => {
      const policy = await openOnnxPolicy(directory, { file: "onnx/model.onnx", tokenizer: false });
      const [{ tokens }] = await policy.generate([{ prompt: [5, 6, 7], key: keyOf(1) }], { maxTokens: 8 });
      await policy.dispose();
      return tokens;
    };
    assert.deepEqual(await drawn(directory), await drawn(fixture("llama-mqa")));
  }));

Deno.test("what is no policy, or not to be had, is refused in a sentence before any weights come", () =>
  withHub(async ({ endpoint, requests }, connection) => {
    const cases: [source: string, message: string | RegExp][] = [
      [
        "hub:single",
        "hub:single: a policy on the hub is named hub:OWNER/NAME[@REVISION], one of its ONNX files with #FILE behind.",
      ],
      ["hub:podium/none", `hub:podium/none: there is no such model on ${endpoint}.`],
      ["hub:podium/single@v9", 'hub:podium/single: there is no revision "v9" (there: main, later, or a commit).'],
      ["hub:podium/empty", "hub:podium/empty: it has no config.json, so it is no policy that can be read."],
      ["hub:podium/text", /^hub:podium\/text\/config\.json: it is not JSON \(.+\)\.$/],
      [
        "hub:podium/other",
        /^hub:podium\/other\/config\.json: model_type "mamba" is not supported; use a model of type /,
      ],
      [
        "hub:podium/weightless",
        "hub:podium/weightless: it has neither model.safetensors nor model.safetensors.index.json (there: " +
        "pytorch_model.bin).",
      ],
      [
        "hub:podium/graphs-alone",
        "hub:podium/graphs-alone: it has neither model.safetensors nor model.safetensors.index.json (there: " +
        "pytorch_model.bin); to use its ONNX files, frozen, name one, as hub:podium/graphs-alone#onnx/model.onnx.",
      ],
      [
        "hub:podium/graphs-alone#onnx/model.onnx",
        "hub:podium/graphs-alone/onnx/model.onnx: it keeps weights in onnx/model.onnx_data, which the repository lacks.",
      ],
      [
        "hub:podium/graphs#model_fp16.onnx",
        "hub:podium/graphs: it has no model_fp16.onnx (there: onnx/model.onnx, onnx/model_q4.onnx).",
      ],
      ["hub:podium/sharded#model.onnx", "hub:podium/sharded: it has no model.onnx (it has no ONNX files)."],
      [
        "hub:podium/graphs-cut#model_q4.onnx",
        /model_q4\.onnx: it is no ONNX file, or not all of it is there \(9000 bytes\)/,
      ],
      [
        "hub:podium/shardless",
        "hub:podium/shardless/model.safetensors.index.json: it names the file model-00002-of-00003.safetensors, which " +
        "the repository lacks.",
      ],
      [
        "hub:podium/gated",
        `hub:podium/gated: access is gated (status 403); accept its terms on ${endpoint}/podium/gated and set HF_TOKEN ` +
        "to a token of that account.",
      ],
      ["hub:podium/private", /^hub:podium\/private: the hub refuses access \(status 401\): the model is private or/],
    ];
    for (const [source, message] of cases) {
      const said = await refusal(fetchPolicy(source, connection));
      if (typeof message === "string") assert.equal(said, message);
      else assert.match(said, message);
    }
    assert.ok(requests.every((request) => !/safetensors$/.test(request)));
    const offline = { ...connection, offline: true };
    assert.match(await refusal(fetchPolicy("hub:podium/single", offline)), /"main" is not in the cache .+ run once/);
    assert.ok((await fetchPolicy("hub:podium/gated", { ...connection, token: "hf_right" })).directory);
  }));

Deno.test("names that would leave the cache are none", () => {
  for (
    const source of ["hub:../..", "hub:a/b@../c", "hub:a/b:c", "hub:a/b/c", "hub:a", "hub:", "hub:a/b#", "hub:a/b#c d"]
  ) {
    assert.throws(() => parseHubPolicy(source), /is named hub:OWNER\/NAME/);
  }
  assert.deepEqual(parseHubPolicy("hub:a/b@refs/pr/1"), { name: "a/b", revision: "refs/pr/1" });
  assert.deepEqual(parseHubPolicy("hub:a/b@v1#x.onnx"), { name: "a/b", revision: "v1", file: "x.onnx" });
});

Deno.test("a lost connection, a damaged file and a full disk leave nothing under a name, and the next run goes on", () =>
  withHub(async ({ faults, requests }, connection) => {
    const folder = `${connection.cache}/models--podium--single/snapshots/${COMMIT}`,
      size = SINGLE["model.safetensors"].length;
    const fetching = () => fetchPolicy("hub:podium/single", connection);
    const noWeights = () => assert.ok(![...Deno.readDirSync(folder)].some(({ name }) => name === "model.safetensors"));
    const weights = (path: string) => path.endsWith("model.safetensors");

    faults.cut = (path, start) => weights(path) ? Math.max(0, 30_000 - start) : undefined;
    assert.equal(
      await refusal(fetching()),
      `hub:podium/single: the connection was cut at byte 30000 of ${size} of model.safetensors, 3 times in a row; run the ` +
        "same command again to go on from there.",
    );
    noWeights();
    faults.cut = undefined;

    const write = Deno.FsFile.prototype.write;
    Deno.FsFile.prototype.write = () =>
      Promise.reject(Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" }));
    try {
      assert.equal(
        await refusal(fetching()),
        `hub:podium/single: model.safetensors can't be written to the cache in ${connection.cache} (No space left on ` +
          `device): 30000 of its ${size} bytes are there; make room, or set PODIUM_CACHE to a directory that has it, and ` +
          "run the same command again to go on.",
      );
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    noWeights();

    faults.damage = weights;
    assert.match(await refusal(fetching()), /what the hub sends as model\.safetensors has another checksum/);
    noWeights();
    faults.damage = undefined;
    faults.cut = (path, start) => weights(path) && start === 0 ? 50_000 : undefined;
    assert.deepEqual(await weightsOf((await fetching()).directory), await weightsOf(fixture("qwen2-tied")));
    assert.ok(requests.some((request) => request.endsWith(` bytes=30000-${size - 1}`)));
    assert.ok(requests.at(-1)!.endsWith(` bytes=50000-${size - 1}`));
  }));

Deno.test("a file of the cache that has lost its end is fetched anew, under its name too", () =>
  withHub(async (_, connection) => {
    const { directory } = await fetchPolicy("hub:podium/single", connection);
    await Deno.truncate(`${directory}/model.safetensors`, 100);
    await fetchPolicy("hub:podium/single", connection);
    assert.deepEqual(await weightsOf(directory), await weightsOf(fixture("qwen2-tied")));
  }));
