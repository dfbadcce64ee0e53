import { strict as assert } from "node:assert";
import { withEnvironment } from "../hub/environment_for_tests.ts";
import { DataError } from "./source/data_error.ts";
import { sharedData } from "./source/shared_data_for_tests.ts";
import type { Grade, Problem, Task } from "./task.ts";
import { createWebSearch, webSearch } from "./web_search.ts";
import type { Hop } from "./web_search/questions.ts";

const embedded = (await webSearch.problems({ split: "test" })).at(2); // three hops
const hops = embedded.meta!.hops as Hop[];

/** A response that makes these searches and then answers. */
async function respond(task: Task<Grade>, problem: Problem, queries: string[], answer: string): Promise<string> {
  let response = "";
  for (const query of queries) {
    response += `<search> ${query} </search>`;
    response += await task.environment!.reply(problem, response);
  }
  return `${response}<answer> ${answer} </answer>`;
}

async function inFolder(run: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await withEnvironment({ PODIUM_CACHE: `${folder}/cache` }, () => run(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const lines = (rows: unknown[]) => rows.map((row) => JSON.stringify(row) + "\n").join("");

Deno.test("an embedded question is answered by searching hop by hop", async () => {
  const response = await respond(webSearch, embedded, hops.map(({ query }) => query), embedded.gold);
  for (const { fact } of hops) assert.ok(response.includes(fact), response);
  assert.deepEqual(webSearch.grade(embedded, response), {
    rewards: { accuracy: 1, f1: 1, format: 1, searches: 0.25 },
    answer: embedded.gold,
    reason: "equal",
  });
});

Deno.test("the environment replies to a call alone, and always the same", async () => {
  const { reply, stops, maxTurns } = webSearch.environment!;
  assert.deepEqual([stops, maxTurns], [["</search>", "</answer>"], 4]);
  for (const done of ["", "hm", "</search>", "<answer> x </answer>", await respond(webSearch, embedded, ["x"], "y")]) {
    assert.equal(await reply(embedded, done), null, done);
  }
  const call = `<search> ${hops[0].query} </search>`;
  assert.equal(await reply(embedded, call), await reply(embedded, call));
  assert.match((await reply(embedded, "<search> </search>"))!, /could not be read/);
  assert.match((await reply(embedded, "<search> qqq </search>"))!, /Nothing was found/);
});

Deno.test("the channels tell accuracy, words, form and searches apart", () => {
  const problem: Problem = {
    id: "1",
    question: "?",
    gold: "New York City",
    meta: { answers: ["New York City", "NYC"] },
  };
  const rewards = (response: string) => Object.values(webSearch.grade(problem, response).rewards);
  assert.deepEqual(rewards("<answer>nyc.</answer>"), [1, 1, 1, 1]);
  assert.deepEqual(rewards("<answer>York</answer>"), [0, 0.5, 1, 1]);
  assert.deepEqual(rewards("<answer>NYC</answer> I think"), [1, 1, 0, 1]);
  assert.deepEqual(rewards("New York City"), [0, 0, 0, 1]);
  assert.deepEqual(rewards("<search> a </search>".repeat(9)), [0, 0, 0, 0]);
  assert.equal(webSearch.grade(problem, "<answer>York</answer>").reason, "different: York is not New York City or NYC");
  assert.equal(webSearch.grade(problem, "").reason, "no answer between tags");
});

Deno.test("a policy that has not learned the protocol is told it", async () => {
  const other = createWebSearch({ protocol: "tool_call" });
  assert.equal(webSearch.prompt(embedded), `${embedded.question}\n`);
  assert.match(other.prompt(embedded), /<tool_call>[\s\S]*\n\nQuestion: /);
  assert.equal(webSearch.environment!.tools, undefined);
  const call = `<tool_call>${JSON.stringify({ name: "search", arguments: { query: hops[0].query } })}</tool_call>`;
  assert.ok((await other.environment!.reply(embedded, call))!.includes(hops[0].fact));
});

sharedData("a tool call and its reply are those of Qwen2.5's chat template", async (shared) => {
  const text = await Deno.readTextFile(`${shared}/models/chat_template_cases.jsonl`);
  const cases = text.trim().split("\n").map((line) => JSON.parse(line)).filter(({ name }) =>
    name === "tool call + response"
  );
  assert.ok(cases.length > 0);
  for (const { rendered, messages, add_generation_prompt } of cases) {
    assert.ok(add_generation_prompt);
    const found = messages.at(-1).content;
    const task = createWebSearch({
      protocol: "tool_call",
      search: () => Promise.resolve([{ id: "1", title: "", text: found }]),
    });
    const response = rendered.slice(rendered.lastIndexOf("<tool_call>"), rendered.lastIndexOf("</tool_call>") + 12);
    assert.ok(
      rendered.endsWith(response + await task.environment!.reply({ id: "", question: "", gold: "" }, response)),
    );
  }
});

Deno.test("a file of questions is searched in the corpus beside it", () =>
  inFolder(async (folder) => {
    const questions = `${folder}/questions.jsonl`, corpus = `${folder}/corpus.jsonl`;
    await Deno.writeTextFile(questions, lines([{ question: "Who?", answers: ["Ann", "Anne"], supporting: ["p"] }]));
    await Deno.writeTextFile(corpus, lines([{ id: "p", title: "Town", text: "Ann lives here." }]));
    const task = createWebSearch();
    const problems = await task.problems({ split: "test", source: questions });
    assert.equal(problems.length, 1);
    const problem = problems.at(0);
    assert.equal(problem.id, "questions.jsonl:1");
    assert.match(task.prompt(problem), /<search> and <\/search>[\s\S]*\n\nQuestion: Who\?\n$/);
    const response = await respond(task, problem, ["who lives"], "Anne");
    assert.match(response, /<information>Doc 1\(Title: "Town"\) Ann lives here\.<\/information>/);
    assert.equal(task.grade(problem, response).rewards.accuracy, 1);

    await Deno.writeTextFile(corpus, lines([{ id: "p", title: "Town", text: "Bob lives here." }]));
    const changed = await createWebSearch().problems({ split: "test", source: questions });
    assert.notEqual(changed.digest, problems.digest, "the corpus is part of what a run is made of");
  }));

Deno.test("a file without a corpus is searched in the passages of its rows, in HotpotQA's two layouts", () =>
  inFolder(async (folder) => {
    const question = "Who?", answer = "Ann", town = ["Ann lives here.", " Bob too."], river = ["A river."];
    for (
      const [name, context] of [
        ["own", [["Town", town], ["River", river], ["Town", town]]],
        ["hub", { title: ["Town", "River"], sentences: [town, river] }],
      ]
    ) {
      const source = `${folder}/${name}.jsonl`;
      await Deno.writeTextFile(source, lines([{ question, answer, context }, { question, answer, context }]));
      const problem = (await webSearch.problems({ split: "test", source })).at(1);
      assert.equal(problem.meta!.context, undefined, "what must be looked up is no part of the problem");
      const call = "<search> who lives in the town </search>";
      assert.equal(
        (await webSearch.environment!.reply(problem, call))!.trim(),
        '<information>Doc 1(Title: "Town") Ann lives here. Bob too.</information>',
      );
    }
  }));

Deno.test("a file of questions is searched on the network, recorded, and replayed", () =>
  inFolder(async (folder) => {
    let asked = 0;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
      const results = [{ url: `https://a.example/${++asked}`, title: "T", content: `answer ${asked}` }];
      return Response.json({ results });
    });
    const questions = `${folder}/questions.jsonl`, settings = `${folder}/search.json`;
    const engine = { engine: "searxng", url: `http://127.0.0.1:${server.addr.port}`, recording: "seen.jsonl" };
    await Deno.writeTextFile(questions, lines([{ question: "Who?", answer: "Ann" }]));
    const run = async (replay: boolean) => {
      await Deno.writeTextFile(settings, JSON.stringify({ ...engine, replay }));
      const task = createWebSearch();
      const problems = await task.problems({ split: "test", source: questions });
      return [problems.digest, await respond(task, problems.at(0), ["first query", "second", "first query"], "Ann")];
    };
    const live = await run(false);
    await server.shutdown();
    assert.equal(asked, 2);
    assert.deepEqual(await run(true), live);
    assert.deepEqual(await run(false), live, "what is recorded is never asked again");
    const task = createWebSearch(), problem = (await task.problems({ split: "test", source: questions })).at(0);
    await Deno.writeTextFile(settings, JSON.stringify({ ...engine, replay: true }));
    await createWebSearch().problems({ split: "test", source: questions });
    await assert.rejects(
      respond(createWebSearch(), problem, ["third"], ""),
      /the query "third" \(limit 3\) was not recorded/,
    );
  }));

Deno.test("what can't be used is refused in one sentence", () =>
  inFolder(async (folder) => {
    const questions = `${folder}/questions.jsonl`, settings = `${folder}/search.json`;
    const refused = async (message: RegExp) => {
      await assert.rejects(createWebSearch().problems({ split: "test", source: questions }), (error: Error) => {
        assert.ok(error instanceof DataError && !error.message.includes("\n"), String(error));
        assert.match(error.message, message);
        return true;
      });
    };
    await refused(/there is no such file\.$/);
    for (
      const [row, message] of [
        [{ question: "?" }, /line 1: a column "answers" or "answer" is missing \(there: question\)\.$/],
        [{ question: "?", answers: [] }, /none of them empty\.$/],
        [{ question: "?", answer: " " }, /none of them empty\.$/],
        [{ answer: "x" }, /line 1: the column "question" is missing/],
      ] as const
    ) {
      await Deno.writeTextFile(questions, lines([row]));
      await refused(message);
    }
    await Deno.writeTextFile(questions, lines([{ question: "?", answer: "x" }]));
    await refused(
      /there is nothing to search in: no corpus\.jsonl and no search\.json beside it, and no passages in its rows\.$/,
    );
    await Deno.writeTextFile(questions, lines([{ question: "?", answer: "x", context: [["title", "text"]] }]));
    await refused(/line 1: the column "context" must be a list of titles with their sentences\.$/);
    await Deno.writeTextFile(questions, lines([{ question: "?", answer: "x" }]));
    const engine = { engine: "searxng", url: "http://localhost:1", recording: "r.jsonl" };
    for (
      const [text, message] of [
        ["{", /search\.json: not valid JSON\.$/],
        ["null", /"engine" must be one of searxng, serper\.$/],
        [JSON.stringify({ ...engine, engine: "google" }), /"engine" must be one of/],
        [JSON.stringify({ ...engine, url: "localhost" }), /"url" must be an address/],
        [JSON.stringify({ ...engine, recording: undefined }), /"recording" must name a file/],
        [JSON.stringify({ ...engine, replay: "yes" }), /"replay" must be true or false\.$/],
        [JSON.stringify({ ...engine, replay: true }), /r\.jsonl: there is no such recording\.$/],
        [JSON.stringify({ ...engine, engine: "serper" }), /SEARCH_API_KEY/],
      ] as const
    ) {
      await Deno.writeTextFile(settings, text);
      await refused(message);
    }
    await Deno.writeTextFile(settings, JSON.stringify(engine));
    await Deno.writeTextFile(`${folder}/corpus.jsonl`, lines([{ id: "1", title: "", text: "x" }]));
    await refused(/both corpus\.jsonl and search\.json lie beside it; leave one out\.$/);
  }));

sharedData("HotpotQA as the hub has it is searched in its own passages", async (shared) => {
  const source = `${shared}/hub/datasets/hotpotqa/hotpot_qa/distractor/validation-00000-of-00001.parquet`;
  const problems = await webSearch.problems({ split: "test", source });
  let found = 0;
  for (let index = 0; index < problems.length; index++) {
    const problem = problems.at(index);
    const { title } = problem.meta!.supporting_facts as { title: string[] };
    const reply = await webSearch.environment!.reply(problem, `<search> ${problem.question} </search>`);
    if (title.some((one) => reply!.includes(`(Title: "${one}")`))) found++;
  }
  assert.ok(found / problems.length > 0.9, `${found} of ${problems.length}`);
});

sharedData("every published layout of questions can be read", (shared) =>
  inFolder(async () => {
    for (
      const [file, length] of [
        ["hotpotqa_dev500/questions.jsonl", 500],
        ["musique_train100/questions.jsonl", 100],
        ["2wiki/questions_gold101.jsonl", 101],
        ["2wiki/questions_heuristic.jsonl", 820],
        ["hotpotqa_sentences/questions.jsonl", 300],
      ] as const
    ) {
      const source = `${shared}/websearch/${file}`;
      const problems = await webSearch.problems({ split: "test", source });
      assert.equal(problems.length, length, file);
    }
  }));
