import { strict as assert } from "node:assert";
import { DataError } from "../source/data_error.ts";
import { record, replay } from "./recording.ts";
import { type Passage, type Search, SearchError } from "./search.ts";

async function inFolder(run: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/recording.jsonl`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** An engine that never says the same thing twice. */
function restless(): { search: Search; asked: string[] } {
  const asked: string[] = [];
  const search: Search = (query, { limit }) => {
    const passage: Passage = {
      id: `${asked.length}`,
      title: `"${query}"\n`,
      text: `try ${asked.length}, é 😀 ${limit}`,
    };
    asked.push(query);
    return Promise.resolve([passage]);
  };
  return { search, asked };
}

Deno.test("a replay finds what the recorded run found, to the last bit", () =>
  inFolder(async (path) => {
    const { search } = restless();
    const live = record(search, path);
    const queries: [string, number][] = [["a", 1], ["b", 1], ["a", 2], ["", 1], ["a\n\u2028b", 1], ["a", 1]];
    const seen = [];
    for (const [query, limit] of queries) seen.push(await live(query, { limit }));
    const again = await replay(path);
    for (const [index, [query, limit]] of queries.entries()) {
      assert.deepEqual(await again(query, { limit }), seen[index]);
    }
  }));

Deno.test("a query is asked once: at the same time, later, and by another process or after a kill", () =>
  inFolder(async (path) => {
    const first = restless(), second = restless();
    const one = record(first.search, path), two = record(second.search, path);
    const [a, b] = await Promise.all([one("q", { limit: 1 }), one("q", { limit: 1 })]);
    assert.deepEqual(a, b);
    assert.deepEqual(await two("q", { limit: 1 }), a);
    assert.deepEqual([first.asked, second.asked], [["q"], []]);
    await two("other", { limit: 1 });
    await one("other", { limit: 1 });
    assert.deepEqual([first.asked, second.asked], [["q"], ["other"]]);
  }));

Deno.test("two that ask the same at once get the same, and it is the recorded one", () =>
  inFolder(async (path) => {
    const recorders = Array.from({ length: 6 }, () => record(restless().search, path));
    await Promise.all(recorders.flatMap((search, number) =>
      Array.from({ length: 40 }, (_, i) => search(`${(i * (number + 1)) % 40}`, { limit: number % 2 }))
    ));
    const replayed = await replay(path);
    for (const search of recorders) {
      assert.deepEqual(await search("8", { limit: 1 }), await replayed("8", { limit: 1 }));
    }
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assert.equal(
      new Set(lines.map((line) =>
        JSON.stringify([JSON.parse(line).query, JSON.parse(line).limit])
      )).size,
      lines.length,
    );
  }));

Deno.test("a line that a kill cut short is written over", () =>
  inFolder(async (path) => {
    const { search } = restless();
    await record(search, path)("a", { limit: 1 });
    const whole = await Deno.readTextFile(path);
    for (const cut of ["{", '{"query":"b","lim', '{"query":"b","limit":1,"passages":[]}']) {
      await Deno.writeTextFile(path, whole + cut);
      await assert.rejects((await replay(path))("b", { limit: 1 }), SearchError);
      await record(search, path)("c", { limit: 1 });
      const text = await Deno.readTextFile(path);
      assert.ok(text.startsWith(whole) && text.endsWith("\n"));
      assert.deepEqual(text.trimEnd().split("\n").map((line) => JSON.parse(line).query), ["a", "c"]);
    }
  }));

Deno.test("a failed search is not recorded and may be tried again", () =>
  inFolder(async (path) => {
    let fails = true;
    const search = record(() => fails ? Promise.reject(new SearchError("down.")) : Promise.resolve([]), path);
    await assert.rejects(search("a", { limit: 1 }), SearchError);
    await assert.rejects((await replay(path))("a", { limit: 1 }), SearchError);
    fails = false;
    assert.deepEqual(await search("a", { limit: 1 }), []);
  }));

Deno.test("replay() says what was not recorded, and refuses what is no recording", () =>
  inFolder(async (path) => {
    await assert.rejects(replay(path), new DataError(`${path}: there is no such recording.`));
    await record(restless().search, path)("a", { limit: 3 });
    await assert.rejects((await replay(path))("b", { limit: 3 }), (error: Error) => {
      assert.ok(error instanceof SearchError);
      assert.equal(
        error.message,
        `${path}: the query "b" (limit 3) was not recorded; only the run that was recorded can be replayed.`,
      );
      return true;
    });
    for (const foreign of ["hello\n", "{}\n", '{"query":"a","limit":1,"passages":[{"id":"x"}]}\n', "null\n"]) {
      await Deno.writeTextFile(path, foreign);
      await assert.rejects(replay(path), DataError);
      await assert.rejects(record(restless().search, path)("a", { limit: 1 }), DataError);
      assert.equal(await Deno.readTextFile(path), foreign, "and leaves it alone");
    }
    await Deno.writeTextFile(path, "my only copy");
    await assert.rejects(record(restless().search, path)("a", { limit: 1 }), DataError);
    assert.equal(await Deno.readTextFile(path), "my only copy");
  }));
