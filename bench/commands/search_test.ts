import { strict as assert } from "node:assert";
import { withEnvironment } from "../../hub/environment_for_tests.ts";
import { sharedData } from "../../tasks/source/shared_data_for_tests.ts";
import { search } from "./search.ts";

async function run(corpus: string, questions: string, json = true) {
  const out: string[] = [], errors: string[] = [];
  const cache = await Deno.makeTempDir();
  try {
    const asked = { corpus, questions, json };
    const said = { print: (line: string) => out.push(line), printError: (line: string) => errors.push(line) };
    const code = await withEnvironment({ PODIUM_CACHE: cache }, () => search({ ...asked, ...said }));
    return { code, out: out.join("\n"), errors };
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

async function files(
  corpus: unknown[],
  questions: unknown[],
  use: (corpus: string, questions: string) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, rows: unknown[]) => {
    await Deno.writeTextFile(`${folder}/${name}`, rows.map((row) => JSON.stringify(row) + "\n").join(""));
    return `${folder}/${name}`;
  };
  try {
    await use(await write("corpus.jsonl", corpus), await write("questions.jsonl", questions));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const passage = (id: string, text: string) => ({ id, title: "", text });

Deno.test("recall counts questions with all of their passages, and the share of passages", async () => {
  const corpus = [passage("a", "apple apple"), passage("b", "apple pie with much else around it"), passage("c", "cat")];
  const questions = [
    { question: "apple", answer: "x", supporting: ["a", "b"] }, // the second passage is not the first
    { question: "cat", answer: "x", supporting: ["c"] },
    { question: "cat", answer: "x", supporting: ["a"] }, // never found
  ];
  await files(corpus, questions, async (...paths) => {
    const { code, out } = await run(...paths);
    assert.equal(code, 0);
    const { asked, recall, milliseconds, ...sources } = JSON.parse(out);
    assert.deepEqual(Object.keys(sources), ["corpus", "questions", "digest"]);
    assert.equal(asked, 3);
    assert.deepEqual(recall.map(({ first, all, share }: Record<string, number>) => [first, all, share]), [
      [1, 1 / 3, 2 / 4],
      [5, 2 / 3, 3 / 4],
      [10, 2 / 3, 3 / 4],
      [20, 2 / 3, 3 / 4],
    ]);
    assert.ok(milliseconds.mean > 0 && milliseconds.slowest >= milliseconds.p99);
    assert.match((await run(...paths, false)).out, /among the first[\s\S]*66\.7 %[\s\S]*milliseconds a query: /);
  });
});

Deno.test("bad input is one sentence and exit code 1", async () => {
  await files([passage("a", "x")], [{ question: "q", answer: "x" }], async (corpus, questions) => {
    assert.deepEqual(await run(corpus, questions), {
      code: 1,
      out: "",
      errors: [
        `${questions}: question questions.jsonl:1 has no column "supporting", a list of the ids of passages that answer it.`,
      ],
    });
    assert.match((await run("no.jsonl", questions)).errors[0], /supporting/);
    await Deno.writeTextFile(questions, JSON.stringify({ question: "q", answer: "x", supporting: ["a", "z"] }));
    assert.deepEqual((await run(corpus, questions)).errors, [
      `${questions}: question questions.jsonl:1 is answered by the passage "z", which ${corpus} has not.`,
    ]);
    assert.match((await run(corpus, "no.jsonl")).errors[0], /^no\.jsonl: there is no such file\.$/);
  });
});

sharedData(
  "HotpotQA: both passages are among the first 5 for 65 %, among the first 10 for 86 % of the questions",
  async (folder) => {
    const data = `${folder}/websearch/hotpotqa_dev500`;
    const { recall } = JSON.parse((await run(`${data}/corpus.jsonl`, `${data}/questions.jsonl`)).out);
    const at = (depth: number) => recall.find(({ first }: { first: number }) => first === depth).all;
    assert.ok(at(5) >= 0.65 && at(10) >= 0.86, JSON.stringify(recall));
  },
);
