import { strict as assert } from "node:assert";
import fc from "fast-check";
import { buildIndex, searchIndex, searchWords } from "./full_text.ts";
import type { Passage } from "./search.ts";

fc.configureGlobal({ seed: 20261121 });

const passages: Passage[] = [
  { id: "c", title: "Paris", text: "The capital of France lies on the Seine." },
  { id: "a", title: "Seine", text: "A river that flows through Paris." },
  { id: "b", title: "Rivers", text: "Flowing waters, such as the Seine and the Rhône." },
  { id: "z", title: "Twin", text: "the same words" },
  { id: "y", title: "Twin", text: "the same words" },
  { id: "x", title: "Twin", text: "the same words" },
];
const search = searchIndex(buildIndex(passages));
const ids = async (query: string, limit = 10) => (await search(query, { limit })).map(({ id }) => id);

Deno.test("the title weighs more than the text", async () => {
  assert.equal((await ids("paris"))[0], "c");
  assert.equal((await ids("seine"))[0], "a");
});

Deno.test("words are stemmed, and case and accents don't matter", async () => {
  assert.deepEqual((await ids("FLOWED")).toSorted(), ["a", "b"]);
  assert.deepEqual(await ids("rhone"), ["b"]);
});

Deno.test("common words count if there are no others", async () => {
  assert.deepEqual(await ids("which of the"), await ids("the"));
  assert.ok((await ids("the")).length > 0);
  assert.deepEqual(await ids("what is the capital"), ["c"]);
});

Deno.test("equal passages come in the order of their ids, wherever they stand in the corpus", async () => {
  assert.deepEqual(await ids("twin"), ["x", "y", "z"]);
  assert.deepEqual(await ids("same words", 2), ["x", "y"]);
  const reversed = searchIndex(buildIndex(passages.toReversed()));
  for (const query of ["twin", "the seine", "river of paris"]) {
    assert.deepEqual(await reversed(query, { limit: 9 }), await search(query, { limit: 9 }), query);
  }
});

Deno.test("a passage comes back whole", async () => {
  assert.deepEqual(await search("capital", { limit: 1 }), [passages[0]]);
});

Deno.test("the syntax of FTS5 is text like any other", async () => {
  for (
    const query of ['paris AND NOT seine"', "title:paris", "paris*", "^paris", "NEAR(paris, 2)", '"paris', "{a}: paris"]
  ) assert.ok((await ids(query)).includes("c"), query);
  assert.deepEqual(await ids("NOT"), []);
  for (const nothing of ["", "  ", '"', "-- ;", "😀", "\0"]) assert.deepEqual(await ids(nothing), [], nothing);
});

Deno.test("any text is a query", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), async (query) => {
      assert.ok(Array.isArray(await ids(`${query} paris`)));
      assert.deepEqual(await ids(query), await ids(query));
    }),
    { numRuns: 500 },
  );
  assert.ok((await ids("paris " + "x y z ".repeat(200_000))).includes("c"), "a megabyte of words");
  assert.ok((await ids(Array.from({ length: 5000 }, (_, i) => `w${i}`).join(" "))).length === 0);
});

Deno.test("a search that adds up what each word adds finds the same, in the same order", async () => {
  const database = buildIndex(passages), whole = searchIndex(database), byWord = searchWords(database);
  const word = fc.constantFrom(
    "paris",
    "Seine",
    "the",
    "river",
    "rivers",
    "flowing",
    "flows",
    "same",
    "words",
    "rhone",
    "x",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 8 }), fc.integer({ min: 1, max: 7 }), async (words, limit) => {
      const query = words.join(" ");
      assert.deepEqual(await byWord(query, { limit }), await whole(query, { limit }), query);
    }),
    { numRuns: 1000 },
  );
});
