import { strict as assert } from "node:assert";
import { findAlgorithm } from "../algorithms/mod.ts";
import { withEnvironment } from "../hub/environment_for_tests.ts";
import type { GenerateRequest, Policy } from "../policy/policy.ts";
import { sharedData } from "../tasks/source/shared_data_for_tests.ts";
import type { Task } from "../tasks/task.ts";
import { webSearch } from "../tasks/web_search.ts";
import { openSource } from "./policies.ts";
import { readJournal } from "./records.ts";
import { runCell, type StepLine } from "./run_cell.ts";
import { trainStep } from "./step.ts";
import { digitCell, digitStep, digitSuite } from "./testing/digit_task.ts";
import { bytesOf, inTemporary } from "./testing/temporary.ts";

const grpo = findAlgorithm("grpo").create({ beta: 0 });

Deno.test("a run that searches, killed and resumed, writes the bytes of one that was not: queries, passages, tokens", () =>
  inTemporary(async (directory) => {
    const suite = digitSuite((suite) => {
      Object.assign(suite.training, { steps: 4, promptsPerStep: 4, learningRate: 1e-3, maxTokens: 64 });
      Object.assign(suite.evaluation, { interval: 4, problems: 6, samples: 2 });
    });
    const { cell, parts } = await digitCell(grpo, suite);
    const openPolicy = () => openSource("embedded:search");
    const policy = await openPolicy();
    cell.identity.policy.digest = await policy.digest();
    await policy.dispose();
    const train = await webSearch.problems({ split: "train" }), test = await webSearch.problems({ split: "test" });
    const searching = { ...parts, openPolicy, task: webSearch as Task, train, test };
    const onLine = (line: object) => {
      if ("loss" in line && (line as StepLine).step === 2) throw new Error("killed");
    };
    await assert.rejects(runCell(cell, searching, { directory: `${directory}/killed`, onLine }), /killed/);
    const resumed = await runCell(cell, searching, { directory: `${directory}/killed` });
    assert.deepEqual(await runCell(cell, searching, { directory: `${directory}/whole` }), resumed);
    assert.deepEqual(await bytesOf(`${directory}/killed`), await bytesOf(`${directory}/whole`));
    const steps = await readJournal<StepLine>(`${directory}/whole/steps.jsonl`);
    assert.ok(steps.every(({ tools }) => tools!.queries > 0.5 && tools!.tokens > 5 * tools!.queries));

    // From another index, whose last passage ends with another mark.
    const { reply } = webSearch.environment!;
    const altered: Task["environment"] = {
      ...webSearch.environment!,
      reply: async (problem, response) =>
        (await reply(problem, response))?.replace(/\.<\/information>/, "!</information>") ??
          null,
    };
    const other = { ...searching, task: { ...webSearch, environment: altered } as Task };
    assert.notEqual((await runCell(cell, other, { directory: `${directory}/other` })).hash, resumed.hash);
  }));

/** The policy, but its first turn asks what it was asked. */
function asking(policy: Policy): Policy {
  const first = async ({ prompt }: GenerateRequest) => {
    const question = /Question: (.*)\n$/.exec(policy.tokenizer.decode(prompt))![1];
    const tokens = policy.tokenizer.encode(`<search> ${question} </search>`);
    const [{ logProbs }] = await policy.logProbs([{ prompt, response: tokens }]);
    return { tokens, logProbs, truncated: false };
  };
  return new Proxy(policy, {
    get(target, name) {
      if (name === "generate") {
        return ((requests, options) =>
          requests[0].begun?.length
            ? target.generate(requests, options)
            : Promise.all(requests.map(first))) satisfies Policy["generate"];
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

sharedData(
  "passages of HotpotQA are read and not learned from",
  (folder) => inTemporary((directory) => withEnvironment({ PODIUM_CACHE: directory }, () => readPassages(folder))),
);

async function readPassages(folder: string) {
  const source = `${folder}/websearch/hotpotqa_dev500/questions.jsonl`;
  const problems = await webSearch.problems({ split: "train", source });
  const policy = await openSource("embedded:search");
  const parts = await digitStep(grpo, { policy: asking(policy), task: webSearch, problems }, {
    promptsPerStep: 2,
    groupSize: 2,
    rewards: ["searches", "brevity"],
    maxTokens: 256,
    maxTotalTokens: 8192,
  });
  const { record } = await trainStep(parts, 0, undefined, { probeInterval: 1 });
  assert.ok(record.tools!.queries >= 1 && record.tools!.tokens > 500, JSON.stringify(record.tools));
  assert.ok(record.length! <= 256 && record.cost.tokensGenerated === record.length! * 4);
  assert.ok(record.samplingDifference!.max < 1e-3 && record.batchDifference === 0);
  assert.ok(record.gradientNorms.every((norm) => norm > 0), `${record.gradientNorms}`);
  await policy.dispose();
}
