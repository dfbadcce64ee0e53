import { strict as assert } from "node:assert";
import { sha256 } from "../sha256.ts";
import { buildIndex, searchIndex } from "./full_text.ts";
import { type Hop, MOST_HOPS, splitOf, worldPassages, worldProblems } from "./questions.ts";
import { ENDINGS, FIRST_NAMES, RELATIONS, relationsOf, WORDS, world } from "./world.ts";

const train = await worldProblems("train", 0), test = await worldProblems("test", 0);
const all = (problems: typeof train) => Array.from({ length: problems.length }, (_, index) => problems.at(index));
const hopsOf = (problem: ReturnType<typeof train.at>) => problem.meta!.hops as Hop[];

Deno.test("every relation of every thing has a value of its kind", () => {
  const things = world();
  for (const { name, kind, values } of things.values()) {
    assert.deepEqual(Object.keys(values), relationsOf(kind), name);
    for (const relation of relationsOf(kind)) {
      const { to } = RELATIONS[relation], value = values[relation]!;
      if (to === "word") assert.ok((WORDS[relation as keyof typeof WORDS] as readonly string[]).includes(value));
      else assert.equal(things.get(value)?.kind, to, `${name} ${relation} ${value}`);
    }
  }
});

Deno.test("a name shows its kind", () => {
  const endings = Object.values(ENDINGS).flat();
  assert.equal(new Set(endings).size, endings.length);
  assert.equal(new Set(FIRST_NAMES).size, FIRST_NAMES.length);
});

Deno.test("the lists share no question, whatever their seeds, and repeat none", async () => {
  const other = await worldProblems("test", 7);
  assert.notDeepEqual(all(other).slice(0, 20).map(({ id }) => id), all(test).slice(0, 20).map(({ id }) => id));
  const trained = new Set(all(train).map(({ question }) => question));
  assert.equal(trained.size, train.length);
  for (const { question } of [...all(test), ...all(other)]) {
    assert.ok(!trained.has(question), question);
    assert.equal(splitOf(question), "test");
  }
  assert.ok(train.length > 20_000 && test.length > 1000, `${train.length} and ${test.length}`);
  assert.throws(() => test.at(test.length), /There is no problem \d+; the list has \d+\.$/);
});

Deno.test("a third of any stretch has one hop, a third two, a third three", () => {
  for (const start of [0, 300, 1000]) {
    const counts = [0, 0, 0];
    for (let index = start; index < start + 30; index++) counts[hopsOf(train.at(index)).length - 1]++;
    assert.deepEqual(counts, Array(MOST_HOPS).fill(10));
  }
});

Deno.test("each hop's query finds its fact first, and the last value is the answer", async () => {
  const search = searchIndex(buildIndex(worldPassages()));
  for (const problem of all(test).slice(0, 150)) {
    let subject = hopsOf(problem)[0].subject;
    assert.ok(problem.question.includes(subject));
    for (const hop of hopsOf(problem)) {
      assert.equal(hop.subject, subject, problem.question);
      const [first] = await search(hop.query, { limit: 1 });
      assert.equal(first.text, hop.fact, hop.query);
      assert.ok(hop.fact.includes(hop.value));
      subject = hop.value;
    }
    assert.equal(problem.gold, subject);
  }
});

Deno.test("texts are short: words of a question, a query, a passage", () => {
  const most = (texts: string[]) => Math.max(...texts.map((text) => text.split(" ").length));
  assert.ok(most(all(test).map(({ question }) => question)) <= 16);
  assert.ok(most(all(test).flatMap((problem) => hopsOf(problem).map(({ query }) => query))) <= 3);
  assert.ok(most(worldPassages().map(({ text }) => text)) <= 8);
});

Deno.test("the world is the same everywhere", async () => {
  const again = await worldProblems("train", 0);
  for (const index of [0, 1, 2, 999]) assert.deepEqual(again.at(index), train.at(index));
  assert.equal(again.digest, train.digest);
  assert.notEqual((await worldProblems("train", 1)).digest, train.digest);
  // A change of any text changes what was measured: raise WORLD_VERSION with it.
  const text = JSON.stringify([worldPassages(), all(test).slice(0, 100)]);
  assert.equal(await sha256(text), "660ccbf4028c672edba1de293af10e097d1966899f1bda09c1759b3a5122294e");
});
