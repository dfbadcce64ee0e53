import { strict as assert } from "node:assert";
import type { Problem, Problems } from "../tasks/task.ts";
import { loadBenchmark } from "./benchmark.ts";
import { decontaminated, leakageSentence, suiteLeakage } from "./leakage.ts";
import { planSuite } from "./parts.ts";
import { loadSuite, suiteNames } from "./suite.ts";

const used = { ...await loadSuite("quick"), seeds: [1, 2] };

function list(source: string, questions: readonly string[], length = questions.length): Problems {
  const at = (index: number): Problem => {
    return { id: `${source}:${index}`, question: questions[index % questions.length], gold: "1" };
  };
  return { source, length, digest: `${source} ${questions.length}`, at };
}

const sentence = "Tom has nine apples and buys three more for two dollars each";
const train = list("train.jsonl", [`${sentence}. How many?`, "What is 2+2?", "What is 3+3?"]);
const test = list("test.jsonl", [`${sentence}. How much?`, "What is 2+2?"]);

Deno.test("what two files share is counted and said", () => {
  const found = suiteLeakage(train, test, used);
  assert.deepEqual(found, {
    rule: "exact text and 10-word windows",
    train: { problems: 3, exact: 1, shared: 2 },
    test: { problems: 2, shared: 2 },
    dropped: 0,
  });
  assert.match(
    leakageSentence(found)!,
    /^2 of 3 training problems \(66\.7 %\) share text with 2 of 2 .* 1 of them all of it; --decontaminate drops them\.$/,
  );
  assert.equal(leakageSentence(suiteLeakage(list("a", ["b"]), test, used)), null);
});

Deno.test("decontaminating leaves what shares nothing; with nothing left, or a generator, it is refused", async () => {
  const kept = await decontaminated(train, test);
  assert.deepEqual([kept.length, kept.at(0).question], [1, "What is 3+3?"]);
  await assert.rejects(decontaminated(test, test), /test\.jsonl: every problem shares text with test\.jsonl/);
  await assert.rejects(decontaminated(list("embedded", ["a"], Infinity), test), /drops problems of a file/);
});

Deno.test("a generator shares sentences by construction: exact text decides", () => {
  const generated = list("embedded", [`${sentence}. How many?`], Infinity);
  assert.deepEqual(suiteLeakage(generated, test, used).train.shared, 0);
});

Deno.test("a suite whose embedded splits overlap fails", () => {
  const broken = list("embedded", ["What is 2+2?"], Infinity);
  assert.throws(
    () => suiteLeakage(broken, broken, used),
    /the embedded splits overlap: \d+ training problems are evaluation/,
  );
  const part = list("embedded?level=1", ["What is 2+2?"]);
  assert.throws(() => suiteLeakage(part, broken, used), /the embedded splits overlap/);
});

Deno.test("the splits of no embedded suite whose problems are embedded too overlap", async () => {
  for (const name of suiteNames) {
    for (const task of (await loadBenchmark(name)).tasks) {
      // What published data sets share is told by every run on them.
      if (task.data.train !== undefined) continue;
      const suite = { ...task, policy: "embedded:table" };
      suite.algorithms = [{ name: "grpo", options: { beta: 0 }, training: {} }];
      const { data: { leakage } } = await planSuite(suite);
      assert.equal(leakage.train.exact, 0, `${name}, ${task.task}`);
      assert.ok(leakage.train.problems > 0 && leakage.test.problems > 0);
    }
  }
});

Deno.test("a decontaminated run is another cell, from the same file", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const write = async (name: string, questions: string[]) => {
      const rows = questions.map((question) => JSON.stringify({ question, answer: "#### 4" }));
      await Deno.writeTextFile(`${directory}/${name}`, rows.join("\n"));
      return `${directory}/${name}`;
    };
    const suite = { ...await loadSuite("quick"), policy: "embedded:table", seeds: [1] };
    suite.algorithms = [{ name: "grpo", options: { beta: 0 }, training: {} }];
    suite.data = {
      train: await write("train.jsonl", ["What is 2+2?", "What is 1+3?"]),
      test: await write("test.jsonl", ["What is 2+2?"]),
    };
    const plain = await planSuite(suite),
      clean = await planSuite({ ...suite, data: { ...suite.data, decontaminate: true } });
    assert.equal(plain.data.leakage.dropped, 0);
    assert.deepEqual([clean.data.leakage.dropped, clean.data.train.problems], [1, 1]);
    assert.deepEqual(clean.data.leakage.train, plain.data.leakage.train);
    assert.notEqual(clean.cells[0].cell.id, plain.cells[0].cell.id);
    assert.equal(clean.cells[0].cell.sources.decontaminate, true);
    assert.equal("decontaminate" in plain.cells[0].cell.sources, false);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
