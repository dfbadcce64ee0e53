import { strict as assert } from "node:assert";
import { type Algorithm, algorithms, findAlgorithm } from "../algorithms/mod.ts";
import type { Response } from "../algorithms/algorithm.ts";
import type { GenerateOptions, GenerateRequest, Generation, Policy } from "../policy/policy.ts";
import { keyOf } from "../policy/random.ts";
import { gsm8k } from "../tasks/gsm8k.ts";
import type { Environment, Problem } from "../tasks/task.ts";
import { evaluate } from "./evaluate.ts";
import { openSource } from "./policies.ts";
import { readJournal } from "./records.ts";
import { lengthOf, type Rollout, rollOut } from "./rollout.ts";
import { runCell, type StepLine } from "./run_cell.ts";
import { type StepParts, trainStep } from "./step.ts";
import { parseSuite } from "./suite.ts";
import { plain } from "./testing/algorithms.ts";
import { digitCell, digitProblems, digitStep, digitSuite } from "./testing/digit_task.ts";
import { openTableCritic } from "./testing/table_critic.ts";
import { openTablePolicy } from "./testing/table_policy.ts";
import { bytesOf, inTemporary } from "./testing/temporary.ts";
import { askTask, calculatorTask } from "./testing/tool_tasks.ts";
import { chosenTokens, converse, type DialogueOptions, ownText } from "./turns.ts";

const grpo = findAlgorithm("grpo").create({ beta: 0 });
const problem: Problem = { id: "1", question: "12", gold: "7" };
const letters = "0123456789# ";

/** A policy that says the given turns, one token a character and `.` its stop token, and notes what it was asked. */
async function scripted(...turns: string[]) {
  const table = await openTablePolicy(), asked: { begun: string; options: GenerateOptions }[] = [];
  const generate = ([{ begun = [] }]: readonly GenerateRequest[], options: GenerateOptions): Promise<Generation[]> => {
    asked.push({ begun: table.tokenizer.decode(begun), options });
    const [most] = options.maxTokens as readonly number[], text = turns[asked.length - 1];
    const tokens = [...text].map((letter) => letter === "." ? letters.length : letters.indexOf(letter)).slice(0, most);
    const ended = tokens.length === text.length;
    return Promise.resolve([{ tokens, logProbs: new Float32Array(tokens.length).fill(-1), truncated: !ended }]);
  };
  const policy = { tokenizer: table.tokenizer, stopTokens: table.stopTokens, generate } as unknown as Policy;
  const respond = async (environment: Partial<Environment> = {}, options: Partial<DialogueOptions> = {}) => {
    const [dialogue] = await converse(
      policy,
      { ...askTask.environment, ...environment },
      [{ prompt: [0], key: [0, 0], problem, temperature: 1 }],
      { maxTokens: 40, ...options },
    );
    const { tokens, mask, exchanges, truncated } = dialogue;
    assert.equal(mask!.length, tokens.length);
    assert.deepEqual([...dialogue.logProbs], [...mask!].map((chosen) => chosen ? -1 : 0));
    return { text: table.tokenizer.decode(tokens), mask: mask!.join(""), exchanges, truncated, asked };
  };
  return respond;
}

Deno.test("the policy writes, the environment replies, the policy goes on behind its reply", async () => {
  const { asked, ...response } = await (await scripted("3##", "4 ##", "5."))();
  assert.deepEqual(response, {
    text: "3##1274 ##1275",
    mask: "111000" + "1111000" + "11",
    exchanges: [{ query: "3##", reply: "127" }, { query: "4 ##", reply: "127" }],
    truncated: false,
  });
  assert.deepEqual(asked.map(({ begun }) => begun), ["", "3##127", "3##1274 ##127"]);
  assert.deepEqual(asked.map(({ options }) => options.maxTokens), [[40], [37], [33]]);
  assert.deepEqual(asked[0].options.stopTexts, ["##"]);
});

Deno.test("the environment is given everything so far, and ends a response with null", async () => {
  const seen: string[] = [];
  const reply = (_: Problem, response: string) => {
    seen.push(response);
    return Promise.resolve(response.endsWith("4##") ? null : "0");
  };
  const response = await (await scripted("3##", "4##"))({ reply });
  assert.deepEqual(seen, ["3##", "3##04##"]);
  assert.deepEqual([response.text, response.truncated, response.exchanges!.length], ["3##04##", false, 1]);
});

Deno.test("a response that runs into a limit is truncated, and a reply for which there is no room left out", async () => {
  const ended = async (turns: string[], options: Partial<DialogueOptions>, environment: Partial<Environment> = {}) => {
    const { text, truncated } = await (await scripted(...turns))(environment, options);
    return [text, truncated];
  };
  assert.deepEqual(await ended(["3##", "456."], { maxTokens: 5 }), ["3##12745", true], "tokens of the policy");
  assert.deepEqual(await ended(["3##"], { maxTokens: 3 }), ["3##", true], "no token left behind the reply");
  assert.deepEqual(await ended(["3##"], { maxTokens: 3 }, { reply: () => Promise.resolve(null) }), ["3##", false]);
  assert.deepEqual(await ended(["3##", "45."], { maxTotalTokens: 7 }), ["3##1274", true], "tokens in all");
  assert.deepEqual(await ended(["3##"], { maxTotalTokens: 6 }), ["3##", true], "no room for the reply");
  assert.deepEqual(await ended(["##", "##", "##"], {}), ["##127##127##", true], "replies");
  assert.deepEqual(await ended(["##", "##", "4."], {}), ["##127##1274", false]);
});

/** The responses of the embedded base policy with its calculator. */
const calculated = (policy: Policy, problems: readonly Problem[], keys: readonly number[]) =>
  rollOut(policy, calculatorTask, problems, {
    samples: 2,
    temperature: 1,
    maxTokens: 64,
    keys: keys.map((key) => keyOf(5, "calculator", key)),
  });

const bits = ({ generation: { logProbs, ...rest }, text, grade }: Rollout) => ({
  ...rest,
  logProbs: [...new Uint8Array(logProbs.slice().buffer)],
  text,
  grade,
});

Deno.test("a response in turns is bitwise the same alone and in any company; the policy reads what its tool says", async () => {
  const policy = await openSource("embedded:base");
  const source = await gsm8k.problems({ split: "test" });
  const indices = Array.from({ length: 150 }, (_, index) => index), problems = indices.map((index) => source.at(index));
  const all = await calculated(policy, problems, indices);
  for (const index of [0, 7, 127, 149]) {
    const alone = await calculated(policy, [problems[index]], [index]);
    assert.deepEqual(alone.map(bits), all.slice(2 * index, 2 * index + 2).map(bits));
  }
  const reversed = await calculated(policy, problems.toReversed(), indices.toReversed());
  assert.deepEqual(reversed.map(({ text }) => text).sort(), all.map(({ text }) => text).sort());

  const used = all.filter(({ generation }) => generation.exchanges!.length > 1);
  assert.ok(used.length > 250, `${used.length} of 300 responses asked more than once`);
  const right = (rollouts: readonly Rollout[]) => rollouts.filter(({ grade }) => grade.rewards.accuracy === 1).length;
  const without = await rollOut(policy, gsm8k, problems, {
    samples: 2,
    temperature: 1,
    maxTokens: 64,
    keys: indices.map((key) => keyOf(5, "calculator", key)),
  });
  assert.ok(right(all) > right(without) + 30, `right with a calculator ${right(all)}, without ${right(without)}`);
  for (const { generation } of without) assert.deepEqual(Object.keys(generation), ["tokens", "logProbs", "truncated"]);
  await policy.dispose();
});

/** A step on the task with a tool; `seen` is the batch that the algorithm is given. */
async function askStep(algorithm: Algorithm = grpo, change: Partial<StepParts> = {}, training = {}) {
  let seen: readonly Response[] = [];
  const spied: Algorithm = {
    ...algorithm,
    credit: (batch, state) => algorithm.credit(seen = batch, state),
  };
  const parts = await digitStep(spied, { task: askTask, ...change }, training);
  const { record } = await trainStep(parts, 0, undefined);
  return { record, seen };
}

Deno.test("tokens of a tool are neither length nor loss, and no part of what is measured of the policy", async () => {
  const { record, seen } = await askStep(grpo, {}, { rewards: ["accuracy", "brevity"] });
  const own = seen.map(({ tokens, mask }) => chosenTokens({ tokens, mask }));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  assert.ok(seen.every(({ mask }) => mask!.length > 0) && sum(own) < sum(seen.map(({ tokens }) => tokens.length)));
  seen.forEach(({ rewards }, index) => assert.equal(rewards.brevity, 1 - own[index] / 10));
  assert.equal(record.length, sum(own) / own.length);
  assert.equal(record.cost.tokensGenerated, sum(own));
  assert.ok(record.cost.tokensTrained <= sum(own) && record.cost.tokensTrained > sum(own) / 4);
  assert.equal(record.samplingDifference!.max, 0, "the sampler has no log-prob of a tool's token");
  assert.deepEqual(Object.keys(record.tools!), ["turns", "queries", "tokens"]);
  assert.equal(record.tools!.tokens, sum(seen.map(({ tokens }, index) => tokens.length - own[index])) / seen.length);
  assert.equal(record.tools!.turns, record.tools!.queries + 1);
});

Deno.test("entropy is that of the distributions the policy's own tokens were drawn from", async () => {
  const policy = await openTablePolicy(), { record, seen } = await askStep();
  const scores = await policy.logProbs(seen.map(({ tokens }) => ({ prompt: [0], response: Array.from(tokens) })));
  const own = scores.flatMap(({ entropy }, index) => [...entropy].filter((_, t) => seen[index].mask![t] !== 0));
  assert.ok(Math.abs(record.entropy! - own.reduce((sum, entropy) => sum + entropy, 0) / own.length) < 1e-6);
});

Deno.test("planning tokens are looked for in the policy's own text, never across a tool's", async () => {
  const planning = { ...grpo, needs: { ...grpo.needs, planning: true } };
  const task = { ...askTask, strategicGrams: ["7", "7 3"] };
  const { seen, record } = await askStep(planning, { task });
  let own = 0, tool = 0;
  for (const { tokens, mask, planning } of seen) {
    Array.from(tokens).forEach((token, index) => {
      if (letters[token] !== "7") return;
      if (mask![index]) own++;
      else tool++;
      if (!mask![index]) assert.equal(planning![index], 0);
    });
  }
  assert.ok(own > 0 && tool > 0, `${own} of the policy, ${tool} of the tool`);
  const { tokenizer } = await openTablePolicy();
  assert.equal(ownText(tokenizer, { tokens: [3, 10, 7, 7, 8, 12], mask: Uint8Array.of(1, 1, 0, 0, 1, 1) }), "3# . 8");
  assert.equal(record.metrics.semanticEntropy, 0, "one of the two grams is the policy's");
});

Deno.test("a loss with a derivative at a tool's token fails a gate", async () => {
  await assert.rejects(askStep(plain()), (error: Error & { gate?: string }) => {
    assert.equal(error.gate, "mask");
    assert.match(
      error.message,
      /^the loss of plain has derivative \S+ at token \d of response \d, which a tool wrote; /,
    );
    return true;
  });
});

Deno.test("every algorithm that can run on a task with a tool leaves its tokens alone", async () => {
  let ran = 0;
  for (const [name, { create }] of Object.entries(algorithms)) {
    const algorithm = create();
    if (algorithm.needs.steps) continue;
    const { record } = await askStep(algorithm, {
      ...algorithm.needs.reference && { reference: await openTablePolicy() },
      ...algorithm.needs.critic && { critic: await openTableCritic() },
    }, { minibatches: 2, groupSize: Math.max(4, algorithm.needs.groupSize), rewards: ["accuracy", "brevity"] });
    assert.ok(record.loss === null || Number.isFinite(record.loss), name);
    ran++;
  }
  assert.ok(ran > 20, `${ran} algorithms`);
});

Deno.test("steps that end in a tool's text pass their reward to the policy's tokens before it, and to none of the tool", async () => {
  const process = findAlgorithm("grpo").create({ beta: 0, supervision: "process" });
  const gradeSteps = (_: Problem, response: string) =>
    [...response.matchAll(/7/g)].map(({ index }) => ({ end: index + 1, reward: index % 3 }));
  const { record, seen } = await askStep(process, { task: { ...askTask, gradeSteps } });
  const inTool = seen.filter(({ steps, mask }) => steps!.some(({ end }) => mask![end] === 0));
  assert.ok(inTool.length > 10 && record.gradientNorms[0] > 0, `${inTool.length} responses`);
});

Deno.test("a limit of all tokens below that of the policy's is refused", () => {
  const checked = (maxTotalTokens: number) => () => {
    const suite = digitSuite();
    parseSuite({ ...suite, training: { ...suite.training, maxTotalTokens } }, "mine.json");
  };
  assert.doesNotThrow(checked(10));
  assert.throws(
    checked(9),
    /^Refusal: mine\.json: maxTotalTokens, 9, counts the policy's tokens too, and there may be 10; /,
  );
});

Deno.test("what the tool replied is in the digests, even where the tokens are the same", async () => {
  const replying = async (reply: string) => {
    const task = { ...askTask, environment: { ...askTask.environment, reply: () => Promise.resolve(reply) } };
    return (await askStep(grpo, { task })).record.digests.rollouts;
  };
  assert.equal(await replying("07"), await replying("07"));
  assert.notEqual(await replying("07"), await replying("08"));
  // The table policy's tokenizer has one token for all letters it does not know.
  assert.notEqual(await replying("a7"), await replying("b7"));
});

Deno.test("an evaluation says what the tool did, and its raw log holds every exchange", async () => {
  const { evaluation } = digitSuite();
  const parts = { policy: await openTablePolicy(), problems: digitProblems, evaluation, maxTokens: 10, seed: 1 };
  const { record, responses } = await evaluate({ ...parts, task: askTask }, 0);
  const sampled = responses.flatMap(({ sampled }) => sampled);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.equal(record.length.mean, mean(sampled.map(({ tokens }) => tokens)));
  assert.equal(record.tools!.queries, mean(sampled.map(({ exchanges }) => exchanges!.length)));
  assert.equal(record.tools!.tokens, mean(sampled.map(({ toolTokens }) => toolTokens!)));
  assert.ok(record.tools!.queries > 0.5);
  for (const { text, exchanges } of sampled) {
    assert.ok(text.startsWith(exchanges!.map(({ query, reply }) => query + reply).join("")));
  }
  const { task: _, ...without } = { ...parts, task: null };
  assert.equal(
    (await evaluate({ ...without, task: { ...askTask, environment: undefined } }, 0)).record.tools,
    undefined,
  );
});

Deno.test("GRPO learns on a task with a tool; two runs, and one that was killed and resumed, write the same bytes", () =>
  inTemporary(async (directory) => {
    const { cell, parts } = await digitCell(grpo, digitSuite((suite) => suite.training.steps = 30));
    const tool = { ...parts, task: askTask };
    const results = [];
    for (const name of ["a", "b"]) results.push(await runCell(cell, tool, { directory: `${directory}/${name}` }));
    assert.deepEqual(results[0], results[1]);
    const onLine = (line: object) => {
      if ("loss" in line && [4, 11, 17].includes((line as StepLine).step)) throw new Error("killed");
    };
    for (let kill = 0; kill < 3; kill++) {
      await runCell(cell, tool, { directory: `${directory}/c`, onLine }).catch(() => {});
    }
    await runCell(cell, tool, { directory: `${directory}/c` });
    const bytes = await bytesOf(`${directory}/a`);
    for (const name of ["b", "c"]) assert.deepEqual(await bytesOf(`${directory}/${name}`), bytes);
    const steps = await readJournal<StepLine>(`${directory}/a/steps.jsonl`);
    assert.ok(steps[0].tools!.queries > 0.5 && steps[0].accuracy! < 0.5 && steps.at(-1)!.accuracy! > 0.8);
    const other = { ...tool, task: { ...askTask, environment: { ...askTask.environment, maxTurns: 0 } } };
    assert.notEqual((await runCell(cell, other, { directory: `${directory}/d` })).hash, results[0].hash);
  }));

Deno.test("the embedded base policy with its calculator, stopped and resumed, ends with the same bytes", () =>
  inTemporary(async (directory) => {
    const suite = digitSuite((suite) => {
      Object.assign(suite.training, { steps: 4, promptsPerStep: 3, learningRate: 1e-3, maxTokens: 64, minibatches: 1 });
      Object.assign(suite.evaluation, { interval: 4, problems: 2, samples: 2 });
    });
    const { cell, parts } = await digitCell(grpo, suite);
    const openPolicy = () => openSource("embedded:base");
    const policy = await openPolicy();
    cell.identity.policy.digest = await policy.digest();
    await policy.dispose();
    const real = {
      ...parts,
      openPolicy,
      task: calculatorTask,
      train: await gsm8k.problems({ split: "train" }),
      test: await gsm8k.problems({ split: "test" }),
    };
    const onLine = (line: object) => {
      if ("loss" in line && (line as StepLine).step === 2) throw new Error("killed");
    };
    await assert.rejects(runCell(cell, real, { directory: `${directory}/parts`, onLine }), /killed/);
    await runCell(cell, real, { directory: `${directory}/parts` });
    await runCell(cell, real, { directory: `${directory}/whole` });
    assert.deepEqual(await bytesOf(`${directory}/parts`), await bytesOf(`${directory}/whole`));
    const steps = await readJournal<StepLine>(`${directory}/whole/steps.jsonl`);
    for (const { tools, samplingDifference, batchDifference } of steps) {
      assert.ok(tools!.queries > 1 && tools!.tokens > 2 && samplingDifference!.max < 1e-4);
      assert.ok(batchDifference === null || batchDifference === 0);
    }
  }));

Deno.test("without an environment a policy is asked as before: once, with nothing begun and no stop texts", async () => {
  const policy = await openTablePolicy(), asked: GenerateOptions[] = [], requests: (readonly GenerateRequest[])[] = [];
  const generate = policy.generate.bind(policy);
  policy.generate = (list, options) => {
    asked.push(options);
    requests.push(list);
    return generate(list, options);
  };
  const { environment: _, ...single } = askTask;
  const options = { samples: 2, temperature: 1, maxTokens: 10, keys: [keyOf(1), keyOf(2)] };
  const rollouts = await rollOut(policy, single, [digitProblems.at(0), digitProblems.at(1)], options);
  assert.equal(asked.length, 1);
  assert.equal(asked[0].stopTexts, undefined);
  assert.ok(requests[0].every(({ begun }) => begun === undefined));
  for (const rollout of rollouts) assert.equal(lengthOf(rollout), rollout.generation.tokens.length);
});
