import { strict as assert } from "node:assert";
import { gpuTest } from "../policy/webgpu/checking_test.ts";
import { openPolicy } from "../policy/mod.ts";
import { promptText } from "../policy/chat_template.ts";
import { shareGpu } from "../policy/webgpu/shared.ts";
import { type Benchmark, loadBenchmark } from "./benchmark.ts";
import type { Cell } from "./cell.ts";
import type { EvaluationLine, StepLine } from "./run_cell.ts";
import { promptOf } from "./rollout.ts";
import { memoryOf } from "./memory/suite_memory.ts";
import { findTask } from "./splits.ts";
import { configOf } from "./policies.ts";
import { readJournal, readJson } from "./records.ts";
import { runSuite } from "./run_suite.ts";
import type { Suite } from "./suite.ts";
import { sharedData } from "../tasks/source/shared_data_for_tests.ts";
import { inTemporary } from "./testing/temporary.ts";
import { writeTinyQwen } from "./testing/tiny_qwen.ts";
import { verifyCell } from "./verify.ts";

const GPU = await loadBenchmark("gpu");

// Held open, so that the device is tested once.
const held = await shareGpu({ software: true }).catch(() => undefined);
globalThis.addEventListener("unload", () => held?.release());

const ROWS = {
  gsm8k: Array.from(
    { length: 6 },
    (_, n) => ({ question: `What is ${n} and ${n}?`, answer: `It is ${2 * n}.\n#### ${2 * n}` }),
  ),
  math: Array.from({ length: 6 }, (_, n) => ({
    problem: `What is $${n}+1$?`,
    level: "Level 1",
    type: "Algebra",
    solution: `It is $\\boxed{${n + 1}}$.`,
  })),
};

/** Suite gpu with few short responses of a tiny checkpoint to a few problems from files. */
async function miniature(directory: string, own: Partial<Suite>, names?: readonly string[]): Promise<Benchmark> {
  await writeTinyQwen(`${directory}/policy`);
  for (const [task, rows] of Object.entries(ROWS)) {
    await Deno.writeTextFile(`${directory}/${task}.jsonl`, rows.map((row) => JSON.stringify(row)).join("\n"));
  }
  const tasks = GPU.tasks.map((suite): Suite => ({
    ...suite,
    policy: `${directory}/policy`,
    data: { train: `${directory}/${suite.task}.jsonl`, test: `${directory}/${suite.task}.jsonl` },
    seeds: [1],
    training: { ...suite.training, steps: 2, promptsPerStep: 4, groupSize: 4, maxTokens: 10, learningRate: 1e-3 },
    evaluation: { ...suite.evaluation, interval: 2, problems: 3, samples: 2 },
    algorithms: suite.algorithms.filter(({ name }) => names?.includes(name) ?? true).map(({ training, ...entry }) => ({
      ...entry,
      training: { ...training, ...training.minibatches && { minibatches: Math.min(4, training.minibatches) } },
    })),
    ...own,
  }));
  return { ...GPU, tasks };
}

/** Cells of a run, with their records. */
async function cellsOf(out: string) {
  const cells = [];
  for (const { name, isDirectory } of Deno.readDirSync(out)) {
    if (!isDirectory) continue;
    const path = `${out}/${name}`;
    cells.push({
      path,
      cell: (await readJson<Cell>(`${path}/cell.json`))!,
      steps: await readJournal<StepLine>(`${path}/steps.jsonl`),
      evaluations: await readJournal<EvaluationLine>(`${path}/evaluations.jsonl`),
    });
  }
  return cells;
}

Deno.test("every algorithm of suite gpu runs on both tasks, end to end, in miniature", () =>
  inTemporary(async (directory) => {
    const benchmark = await miniature(directory, { backend: "cpu" });
    const { leaderboard, failures } = await runSuite(benchmark, { out: `${directory}/out`, jobs: 1 });
    assert.deepEqual(failures, []);
    assert.deepEqual(leaderboard.boards.map(({ task, rows }) => [task, rows.length]), [["gsm8k", 13], ["math", 13]]);
    const cells = await cellsOf(`${directory}/out`);
    assert.equal(cells.length, 26);
    for (const { steps, evaluations, cell } of cells) {
      assert.equal(steps.at(-1)!.step, 2);
      assert.deepEqual(evaluations.map(({ step }) => step), [0, 2]);
      // On the CPU nothing is planned.
      assert.deepEqual([cell.sources.memory, cell.identity.policy.runs], [undefined, undefined]);
    }
  }));

Deno.test("problems reach a checkpoint as its chat template writes them, with the task's wish for the form", () =>
  inTemporary(async (directory) => {
    const { tasks } = await miniature(directory, {});
    const policy = await openPolicy(`${directory}/policy`), asked = [];
    assert.deepEqual(policy.stopTokens, [258, 256]);
    for (const suite of tasks) {
      const task = findTask(suite.task),
        problem = (await task.problems({ split: "train", source: suite.data.train })).at(3);
      const text = promptText(policy.tokenizer, task.prompt(problem)), tokens = promptOf(policy, task, problem);
      assert.equal(policy.tokenizer.decode(tokens), text.replaceAll(/<\|im_(start|end)\|>/g, ""));
      assert.equal(tokens.filter((token) => token === 257).length, 3, "a special token is one token");
      asked.push(text);
    }
    const turn = (text: string) =>
      `<|im_start|>system\nYou are Qwen.<|im_end|>\n<|im_start|>user\n${text}\nAnswer:\n<|im_end|>\n<|im_start|>assistant\n`;
    assert.deepEqual(asked, [
      turn('What is 3 and 3?\nLet\'s think step by step and output the final answer after "####".'),
      turn("What is $3+1$?\nPlease reason step by step, and put your final answer within \\boxed{}."),
    ]);
    await policy.dispose();
  }));

sharedData(
  "the real problems, as Qwen2.5's template writes them, fit a card of 80 GB with 1,024 tokens behind them",
  async (folder) => {
    const policy = `${folder}/models/Qwen2.5-0.5B-Instruct`, longest: Record<string, number> = {};
    const data = {
      gsm8k: { train: `${folder}/gsm8k/train.jsonl`, test: `${folder}/gsm8k/test.jsonl` },
      math: { train: `${folder}/math/train.jsonl`, test: `${folder}/math/math500.jsonl` },
    };
    for (const suite of GPU.tasks) {
      const algorithms = suite.algorithms.filter(({ name }) => name === "ppo");
      const own = { ...suite, policy, algorithms, data: data[suite.task as keyof typeof data], memory: 80 };
      const { promptTokens, algorithms: [{ plan }] } = await memoryOf(own, await configOf(policy));
      longest[suite.task] = promptTokens;
      assert.deepEqual(plan.reduced, {});
      assert.ok(plan.room.train!.tokens! >= promptTokens + 1024);
    }
    assert.deepEqual(longest, { gsm8k: 258, math: 1701 });
  },
);

gpuTest(
  "a run of suite gpu on a GPU keeps to its plan, which is in its record",
  () =>
    inTemporary(async (directory) => {
      const held = await shareGpu({ software: true }), { memory } = held.gpu, before = memory.live;
      try {
        const benchmark = await miniature(directory, { backend: "webgpu-software" }, ["ppo"]);
        const { tasks: [first] } = benchmark, planned: number[] = [];
        const { failures } = await runSuite({ ...benchmark, tasks: [first] }, {
          out: `${directory}/out`,
          onPhase: ({ tasks }) => planned.push(...tasks.map(({ plan }) => plan.memory!.algorithms[0].plan.total)),
        });
        assert.deepEqual(failures, []);
        const [{ cell, path }] = await cellsOf(`${directory}/out`), { bytes, sizes, room } = cell.sources.memory!;
        assert.deepEqual(planned, [bytes]);
        assert.deepEqual([sizes, cell.identity.policy.runs], [{}, undefined]);
        assert.ok(room.train!.tokens! >= 64 && room.decode!.sequences >= 16);
        const taken = memory.peak - before;
        assert.ok(Math.abs(taken / bytes - 1) < 0.1, `${taken} bytes were taken, ${bytes} were planned`);
        assert.equal(memory.live, before, "all is freed");
        assert.equal((await verifyCell(path)).difference, null);
      } finally {
        held.release();
      }
    }),
);

gpuTest(
  "with a limit, runs are smaller: another cell, which is verified; what can't fit is refused, and writes nothing",
  () =>
    inTemporary(async (directory) => {
      const [suite] = (await miniature(directory, { backend: "webgpu-software", name: "limited" }, ["grpo"])).tasks;
      const plans: { total: number; runs?: unknown }[] = [];
      const run = (memory?: number) =>
        runSuite({ ...suite, ...memory && { memory } }, {
          out: `${directory}/${memory ?? "whole"}`,
          onPhase: ({ tasks: [{ plan }] }) =>
            plans.push({ total: plan.memory!.algorithms[0].plan.total, runs: plan.cells[0].cell.identity.policy.runs }),
        });
      await run();
      const memory = plans[0].total * 0.7 / 1e9;
      await run(memory);
      assert.ok(plans[1].total <= memory * 1e9);
      const [whole] = await cellsOf(`${directory}/whole`), [limited] = await cellsOf(`${directory}/${memory}`);
      assert.deepEqual([plans[0].runs, plans[1].runs], [undefined, limited.cell.identity.policy.runs]);
      assert.ok(limited.cell.identity.policy.runs!.tokens < 4096);
      assert.notEqual(limited.cell.id, whole.cell.id);
      // Before the first update nothing depends on it.
      assert.equal(limited.evaluations[0].digest, whole.evaluations[0].digest);
      assert.equal((await verifyCell(limited.path)).difference, null);
      await assert.rejects(
        run(1e-4),
        /^Refusal: grpo on gsm8k needs at least \d+\.\d\d MB of the GPU's memory, and 0\.10 MB/,
      );
      await assert.rejects(Deno.stat(`${directory}/0.0001`), Deno.errors.NotFound);
    }),
);
