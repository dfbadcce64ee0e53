import { strict as assert } from "node:assert";
import fc from "fast-check";
import { isGenerated, leakageOf, without, wordsOf } from "./leakage.ts";
import { sharedData } from "./source/shared_data_for_tests.ts";
import type { Problems } from "./task.ts";

// The same cases in every run.
fc.configureGlobal({ seed: 20261121 });

const ten = "one two three four five six seven eight nine ten";

Deno.test("words are lower case and without punctuation, but keep what makes mathematics", () => {
  assert.deepEqual(wordsOf('Tom\'s "apples", $x+5 < 3$\n. ½'), ["toms", "apples", "x+5", "<", "3", "12"]);
  assert.notDeepEqual(wordsOf("Find $3+4$."), wordsOf("Find $3-4$."));
});

Deno.test("ten words in a row are found wherever they stand; nine are not", () => {
  assert.deepEqual(leakageOf([`So: ${ten.toUpperCase()}! And more.`], [`Then, ${ten}?`]).indices, [0]);
  const nine = ten.replace(" ten", "");
  assert.deepEqual(leakageOf([`a ${nine} b`], [`c ${nine} d`]).indices, []);
});

Deno.test("a short evaluation problem is looked for whole; one or two words count by exact text alone", () => {
  assert.deepEqual(leakageOf(["Please compute 2 + 2 now", "compute 2 +"], ["Compute 2 + 2."]).indices, [0]);
  assert.deepEqual(leakageOf(["What is this?", "What  is"], ["What is"]).indices, [1]);
});

Deno.test("exact text is counted apart from shared windows, on both sides", () => {
  const found = leakageOf([`${ten} a`, `${ten} b`, "c"], [`${ten}  b`, `${ten} d`, "e"]);
  const { indices, ...counts } = found;
  assert.deepEqual(indices, [0, 1]);
  assert.deepEqual(counts, {
    rule: "exact text and 10-word windows",
    train: 3,
    test: 3,
    exact: 1,
    shared: 2,
    testShared: 2,
  });
  const exact = leakageOf([`${ten} a`, `${ten} b`, "c"], [`${ten}  b`, `${ten} d`, "e"], "exact text");
  assert.deepEqual([exact.indices, exact.exact, exact.testShared], [[1], 1, 1]);
});

Deno.test("the same as comparing every window with every other", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 14 }).map((words) => words.join(" "));
  const contains = (whole: string[], part: string[]) =>
    whole.some((_, at) => part.length > 0 && part.every((word, i) => whole[at + i] === word));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.array(text, { maxLength: 6 }), (train, test) => {
      const expected = train.flatMap((one, index) =>
        test.some((other) => {
            const a = wordsOf(one), b = wordsOf(other);
            if (one.trim() === other.trim()) return true;
            if (b.length < 10) return b.length >= 3 && contains(a, b);
            return b.some((_, at) => at + 10 <= b.length && contains(a, b.slice(at, at + 10)));
          })
          ? [index]
          : []
      );
      assert.deepEqual(leakageOf(train, test).indices, expected);
    }),
    { numRuns: 500 },
  );
});

Deno.test("what is dropped is gone, and the digest says so", async () => {
  const list: Problems = {
    length: 3,
    source: "a.jsonl",
    digest: "1",
    at: (index) => ({ id: `${index}`, question: "", gold: "" }),
  };
  const test = { ...list, digest: "2" };
  const kept = await without(list, [1], test);
  assert.deepEqual([kept.length, kept.at(0).id, kept.at(1).id, kept.source], [2, "0", "2", "a.jsonl"]);
  assert.throws(() => kept.at(2), /there is no problem 2; 2 are left of 3/);
  assert.notEqual(kept.digest, list.digest);
  assert.equal(await without(list, [], test), list);
});

Deno.test("the generator's own sources are known by their name", () => {
  assert.ok(isGenerated("embedded") && isGenerated("embedded?level=1"));
  assert.ok(!isGenerated("embedded.jsonl") && !isGenerated("hub:a/b"));
});

sharedData("GSM8K and MATH: what their published splits share", async (folder) => {
  const questions = async (path: string, column: string) =>
    (await Deno.readTextFile(`${folder}/${path}`)).trim().split("\n").map((line) => JSON.parse(line)[column] as string);
  const gsm8k = leakageOf(
    await questions("gsm8k/train.jsonl", "question"),
    await questions("gsm8k/test.jsonl", "question"),
  );
  assert.deepEqual([gsm8k.exact, gsm8k.shared, gsm8k.testShared], [0, 11, 9]);
  const math = leakageOf(await questions("math/train.jsonl", "problem"), await questions("math/test.jsonl", "problem"));
  assert.deepEqual([math.exact, math.shared, math.testShared], [1, 1167, 900]);
});
