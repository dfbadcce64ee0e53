import { strict as assert } from "node:assert";
import { withEnvironment } from "../../hub/environment_for_tests.ts";
import { gsm8k } from "../gsm8k.ts";
import { math } from "../math.ts";
import { webSearch } from "../web_search.ts";
import { oidOf, type ServedFiles, serveHub } from "../../hub/server_for_tests.ts";
import { readRows } from "./rows.ts";
import { sharedData } from "./shared_data_for_tests.ts";

/** An entry of the published listings. */
interface Listing {
  revision: string;
  tree: { type: string; path: string; oid: string; size: number; lfs?: { oid: string } }[];
}

/** The data sets that lie in the folder, served with their real commits. */
async function withPublished(folder: string, run: (listings: Record<string, Listing>) => Promise<void>) {
  const listings: Record<string, Listing> = JSON.parse(await Deno.readTextFile(`${folder}/hub/tree_index.json`));
  const repositories = Object.fromEntries(
    await Promise.all(
      Object.entries(listings).map(async ([name, { revision, tree }]) => {
        const files: Record<string, Uint8Array<ArrayBuffer>> = {};
        for (const { type, path } of tree) {
          const content = await Deno.readFile(`${folder}/hub/datasets/${name}/${path}`).catch(() => undefined);
          if (type === "file" && content) files[path] = content;
        }
        return [name, { branches: { main: { commit: revision, files: files as ServedFiles } } }] as const;
      }),
    ),
  );
  const cache = await Deno.makeTempDir();
  await using hub = serveHub(repositories);
  try {
    await withEnvironment({ HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache }, () => run(listings));
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

sharedData(
  "the hub's GSM8K is the published file, under the pinned name",
  (folder) =>
    withPublished(folder, async (listings) => {
      const file = await gsm8k.problems({ split: "test", source: `${folder}/gsm8k/test.jsonl` });
      const problems = await gsm8k.problems({ split: "test", source: "hub:openai/gsm8k" });
      const { revision, tree } = listings["openai/gsm8k"];
      assert.equal(problems.source, `hub:openai/gsm8k@${revision}:main/test`);
      assert.equal(problems.digest, tree.find(({ path }) => path.startsWith("main/test"))?.lfs?.oid);
      assert.equal(problems.length, file.length);
      for (let i = 0; i < file.length; i++) {
        const { id, ...problem } = problems.at(i), { id: _, ...expected } = file.at(i);
        assert.deepEqual(problem, expected);
        assert.equal(id, `main/test-00000-of-00001.parquet:${i + 1}`);
      }
      assert.equal((await gsm8k.problems({ split: "train", source: "hub:openai/gsm8k" })).length, 7473);
    }),
);

sharedData(
  "every layout of the published data sets is read: JSON lines, a config per subject, shards, structs",
  (folder) =>
    withPublished(folder, async (listings) => {
      for (const { tree } of Object.values(listings)) {
        for (const { type, path, oid, lfs } of tree) {
          if (type === "file") assert.equal((lfs?.oid ?? oid).length, path.endsWith(".parquet") ? 64 : 40);
        }
      }
      const math = await readRows("hub:HuggingFaceH4/MATH-500", { problem: "string", level: "number" });
      assert.equal(math.rows.length, 400);
      assert.match(math.source, /^hub:HuggingFaceH4\/MATH-500@6e4ed1a\w+:default\/test$/);
      const columns = { problem: "string", solution: "string", level: "string", type: "string" } as const;
      const all = await readRows("hub:EleutherAI/hendrycks_math:*/train", columns);
      assert.equal(all.rows.length, 7500);
      assert.equal(new Set(all.rows.map(({ id }) => id)).size, 7500);
      const algebra = await readRows("hub:EleutherAI/hendrycks_math:algebra/train", columns);
      assert.deepEqual(algebra.rows, all.rows.slice(0, algebra.rows.length));
      const train = await readRows("hub:hotpotqa/hotpot_qa", { question: "string" }, { split: "train" });
      assert.deepEqual([train.rows[0].id, train.rows.length], ["distractor/train-00000-of-00002.parquet:1", 200]);
      const validation = await readRows("hub:hotpotqa/hotpot_qa", { question: "string" });
      assert.match(validation.source, /:distractor\/validation$/);
      const { context, supporting_facts: facts } = validation.rows[0].values as {
        context: { title: string[]; sentences: string[][] };
        supporting_facts: { title: string[]; sent_id: number[] };
      };
      assert.equal(context.title.length, context.sentences.length);
      assert.ok(facts.sent_id.every((sentence) => Number.isInteger(sentence)));
    }),
);

sharedData(
  "MATH takes both of its layouts from the hub, a config or all, and a part of them",
  (folder) =>
    withPublished(folder, async () => {
      const at = "hub:EleutherAI/hendrycks_math@21a5633873b6a120296cce3e2df9d5550074f4a3";
      for (
        const [source, name, count] of [
          [
            "hub:HuggingFaceH4/MATH-500",
            "hub:HuggingFaceH4/MATH-500@6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be:default/test",
            400,
          ],
          ["hub:EleutherAI/hendrycks_math:*", `${at}:*/test`, 4900],
          ["hub:EleutherAI/hendrycks_math:algebra/train?level=5", `${at}:algebra/train?level=5`, 436],
        ] as const
      ) {
        const problems = await math.problems({ split: "test", source });
        assert.deepEqual([problems.source, problems.length], [name, count]);
        const { gold, meta } = problems.at(0);
        assert.ok(gold !== "" && typeof meta?.level === "number" && typeof meta.subject === "string");
      }
    }),
);

sharedData(
  "web search takes HotpotQA from the hub, with the passages that stand in its rows",
  (folder) =>
    withPublished(folder, async () => {
      const problems = await webSearch.problems({ split: "test", source: "hub:hotpotqa/hotpot_qa" });
      assert.match(problems.source, /^hub:hotpotqa\/hotpot_qa@1908d6af\w+:distractor\/validation$/);
      assert.equal(problems.length, 100);
      const problem = problems.at(0);
      const reply = await webSearch.environment?.reply(problem, `<search>${problem.question}</search>`);
      assert.match(reply ?? "", /<information>Doc 1\(Title: /);
    }),
);

sharedData("the published listing has the checksums of its files", async (folder) => {
  const listings: Record<string, Listing> = JSON.parse(await Deno.readTextFile(`${folder}/hub/tree_index.json`));
  const { tree } = listings["HuggingFaceH4/MATH-500"];
  const file = tree.find(({ path }) => path === "test.jsonl");
  const bytes = await Deno.readFile(`${folder}/hub/datasets/HuggingFaceH4/MATH-500/test.jsonl`);
  assert.equal(oidOf("test.jsonl", bytes), file?.oid);
});

sharedData("Parquet of other writers is read", async (folder) => {
  for await (const { name } of Deno.readDir(`${folder}/hub/foreign_parquet`)) {
    const { rows } = await readRows(`${folder}/hub/foreign_parquet/${name}`, {});
    assert.ok(rows.length > 0, name);
    JSON.stringify(rows); // no 64-bit integers are left
  }
});
