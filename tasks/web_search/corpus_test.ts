import { strict as assert } from "node:assert";
import { DataError } from "../source/data_error.ts";
import { sharedData } from "../source/shared_data_for_tests.ts";
import { openCorpus } from "./corpus.ts";

async function inFolder(run: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const write = (path: string, rows: unknown[]) =>
  Deno.writeTextFile(path, rows.map((row) => JSON.stringify(row) + "\n").join(""));
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("an index is built once for a corpus, and again if the corpus changes", () =>
  inFolder(async (folder) => {
    const path = `${folder}/corpus.jsonl`, kept = `${folder}/kept`;
    const found = async () => {
      const corpus = await openCorpus(path, { folder: kept });
      const [first] = await corpus.search("tower", { limit: 1 });
      corpus.close();
      return first?.text;
    };
    await write(path, [{ id: "1", title: "London", text: "has a tower" }, {
      id: "2",
      title: "Rome",
      text: "has none",
    }]);
    assert.equal(await found(), "has a tower");
    const [index] = names(kept), before = await Deno.stat(`${kept}/${index}`);
    assert.equal(await found(), "has a tower");
    assert.deepEqual(names(kept), [index], "nothing else is left behind");
    assert.deepEqual((await Deno.stat(`${kept}/${index}`)).mtime, before.mtime);

    await write(path, [{ id: "1", title: "Pisa", text: "has a leaning tower" }]);
    assert.equal(await found(), "has a leaning tower");
    assert.equal(names(kept).length, 2);
  }));

Deno.test("a corpus may have the layout of Search-R1", () =>
  inFolder(async (folder) => {
    const path = `${folder}/corpus.jsonl`;
    await write(path, [{ id: "0", contents: '"Evan "Ed" Morris"\nEd was a lobbyist.\nHe fished.' }, {
      id: "1",
      contents: "no title",
    }]);
    const { search, close } = await openCorpus(path, { folder: `${folder}/kept` });
    assert.deepEqual(await search("lobbyist", { limit: 2 }), [
      { id: "0", title: 'Evan "Ed" Morris', text: "Ed was a lobbyist.\nHe fished." },
    ]);
    assert.deepEqual(await search("title", { limit: 2 }), [{ id: "1", title: "", text: "no title" }]);
    close();
  }));

sharedData("Search-R1's own example of a corpus can be searched", (shared) =>
  inFolder(async (folder) => {
    const path = `${shared}/websearch/trajectories/search_r1_corpus_example.jsonl`;
    const { search, close } = await openCorpus(path, { folder });
    const [first] = await search("Evan Morris lobbyist", { limit: 1 });
    assert.equal(first.title, "Evan Morris");
    close();
  }));

Deno.test("a damaged index is built again", () =>
  inFolder(async (folder) => {
    const path = `${folder}/corpus.jsonl`, kept = `${folder}/kept`;
    await write(path, Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, title: "", text: `word${i} tower` })));
    (await openCorpus(path, { folder: kept })).close();
    const [name] = names(kept), index = `${kept}/${name}`, whole = await Deno.readFile(index);
    for (
      const damaged of [whole.slice(0, whole.length / 2), whole.slice(0, 50), new TextEncoder().encode("junk"), ""]
    ) {
      await (typeof damaged === "string" ? Deno.writeTextFile(index, damaged) : Deno.writeFile(index, damaged));
      const corpus = await openCorpus(path, { folder: kept });
      assert.deepEqual((await corpus.search("word499", { limit: 3 })).map(({ id }) => id), ["499"]);
      assert.equal(corpus.ids().size, 500);
      corpus.close();
      assert.deepEqual(names(kept), [name]);
    }
  }));

Deno.test("a folder that can't keep an index is refused in one sentence", () =>
  inFolder(async (folder) => {
    const path = `${folder}/corpus.jsonl`;
    await write(path, [{ id: "1", title: "", text: "a" }]);
    await assert.rejects(openCorpus(path, { folder: `${path}/kept` }), (error: Error) => {
      assert.ok(error instanceof DataError);
      assert.match(
        error.message,
        /corpus\.jsonl\/kept: the index of the corpus can't be kept there \(.*\); set PODIUM_CACHE/,
      );
      return true;
    });
  }));

Deno.test("many may build the same index at the same time", () =>
  inFolder(async (folder) => {
    const path = `${folder}/corpus.jsonl`;
    await write(path, Array.from({ length: 300 }, (_, i) => ({ id: `${i}`, title: `town ${i}`, text: `number ${i}` })));
    const corpora = await Promise.all(Array.from({ length: 8 }, () => openCorpus(path, { folder: `${folder}/kept` })));
    for (const corpus of corpora) {
      assert.equal((await corpus.search("number 17", { limit: 1 }))[0].id, "17");
      corpus.close();
    }
    assert.equal(names(`${folder}/kept`).length, 1);
  }));

Deno.test("a corpus that can't be used is refused in one sentence, and leaves no index", () =>
  inFolder(async (folder) => {
    const path = `${folder}/corpus.jsonl`, kept = `${folder}/kept`;
    const refused = async (rows: unknown[], message: RegExp) => {
      await write(path, rows);
      await assert.rejects(openCorpus(path, { folder: kept }), (error) => {
        assert.ok(error instanceof DataError);
        assert.match(error.message, message);
        return true;
      });
    };
    await refused(
      [{ id: "1", text: "no title" }],
      /line 1: a passage has the texts "title" and "text", or "contents"\.$/,
    );
    await refused([{ id: 1, title: "", text: "" }], /line 1: the column "id" is a number, not a string/);
    const one = { id: "1", title: "", text: "" };
    await refused([one, { ...one, id: "2" }, one], /line 3: the id "1" is there twice\.$/);
    assert.throws(() => names(kept), Deno.errors.NotFound);
    await Deno.remove(path);
    await assert.rejects(openCorpus(path, { folder: kept }), /there is no such file\.$/);
  }));
