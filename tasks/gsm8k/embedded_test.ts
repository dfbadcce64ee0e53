import { strict as assert } from "node:assert";
import { sha256 } from "../sha256.ts";
import { embeddedProblems, splitOf } from "./embedded.ts";

Deno.test("train and test share no question, whatever the seeds", async () => {
  const train = await embeddedProblems("train", 0);
  const seen = new Set(Array.from({ length: 20000 }, (_, i) => train.at(i).question));
  for (const seed of [0, 1]) {
    const test = await embeddedProblems("test", seed);
    for (let i = 0; i < 10000; i++) {
      const { question } = test.at(i);
      assert.equal(splitOf(question), "test");
      assert.ok(!seen.has(question), question);
    }
  }
});

Deno.test("any index can be had directly, and again, from another list with the same seed", async () => {
  const first = await embeddedProblems("test", 5), second = await embeddedProblems("test", 5);
  const far = second.at(1_000_000);
  for (const index of [3, 0, 2, 1]) assert.deepEqual(first.at(index), second.at(index));
  assert.deepEqual(first.at(1_000_000), far);
  assert.equal(far.id, "embedded/test/5/1000000");
});

Deno.test("seed and split are part of the digest", async () => {
  const digests = await Promise.all(
    ([["train", 0], ["train", 1], ["test", 0]] as const).map(async ([split, seed]) =>
      (await embeddedProblems(split, seed)).digest
    ),
  );
  assert.equal(new Set(digests).size, 3);
  assert.equal((await embeddedProblems("train", 0)).digest, digests[0]);
});

Deno.test("the texts of the generator do not change unnoticed: base policies were trained on them", async () => {
  const problems = await embeddedProblems("test", 0);
  const texts = Array.from({ length: 200 }, (_, i) => problems.at(i)).map(({ question, meta }) =>
    question + meta!.solution
  );
  assert.ok(
    texts[0].startsWith("Ann has 45 apples. She finds 16 more. She buys 29 more. How many apples does she have?"),
  );
  assert.equal(
    await sha256(texts.join("\n")),
    "a9a8d5554aef3bebfb0dcd4cdbb03ae35abda257d8aa4f203d65298b41e1f37e",
    "if this is on purpose, raise GENERATOR_VERSION",
  );
});

Deno.test("an index that is no integer from 0 is refused", async () => {
  const problems = await embeddedProblems("train", 0);
  for (const index of [-1, 0.5, NaN]) assert.throws(() => problems.at(index), /There is no problem/);
});
