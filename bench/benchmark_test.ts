import { strict as assert } from "node:assert";
import { loadBenchmark, parseBenchmark } from "./benchmark.ts";
import { suiteNames } from "./suite.ts";
import quick from "./suites/quick.json" with { type: "json" };

const { task: _task, policy: _policy, ...shared } = quick;
const tasks = [
  { task: "gsm8k", policy: "embedded:base", training: { steps: 3 } },
  { task: "math", policy: "embedded:math", evaluation: { problems: 8 }, gates: { samplingDifference: 0.1 } },
];

Deno.test("what a task does not set is taken from the file", () => {
  const { name, tasks: [first, second], sweep } = parseBenchmark({ ...shared, tasks }, "mine");
  assert.equal(name, "quick");
  assert.equal(sweep, undefined);
  assert.deepEqual([first.training.steps, second.training.steps], [3, 80]);
  assert.deepEqual([first.evaluation.problems, second.evaluation.problems], [256, 8]);
  assert.deepEqual([first.gates.samplingDifference, second.gates.samplingDifference], [0.001, 0.1]);
  assert.equal(second.policy, "embedded:math");
  assert.deepEqual(first.algorithms, second.algorithms);
});

Deno.test("a file about one task is a benchmark of one, and what was parsed parses to itself", () => {
  const one = parseBenchmark(quick, "quick");
  assert.equal(one.tasks.length, 1);
  assert.deepEqual(parseBenchmark(one, "again"), one);
  const two = parseBenchmark({ ...shared, tasks, sweep: { learningRates: [1, 2], seeds: [9], offset: 256 } }, "mine");
  assert.deepEqual(parseBenchmark(two, "again"), two);
});

Deno.test("every embedded suite is a benchmark", async () => {
  for (const name of suiteNames) assert.equal((await loadBenchmark(name)).name, name);
  const { tasks, sweep } = await loadBenchmark("standard");
  assert.deepEqual(tasks.map(({ task }) => task), ["gsm8k", "math", "web_search"]);
  assert.deepEqual(tasks[0].algorithms.map(({ name }) => name), quick.algorithms.map(({ name }) => name));
  assert.equal(tasks[0].seeds.length, 10);
  assert.equal(sweep!.learningRates.length, 3);
});

Deno.test("a sweep must choose on other seeds and other problems", () => {
  const swept = (sweep: object) => () => parseBenchmark({ ...shared, tasks, sweep }, "mine");
  assert.throws(
    swept({ learningRates: [1, 2], seeds: [3], offset: 256 }),
    /^Refusal: mine: seed 3 is in the sweep and/,
  );
  assert.throws(
    swept({ learningRates: [1, 2], seeds: [9], offset: 255 }),
    /a sweep offset of 255 .* use at least 256\.$/,
  );
  assert.throws(
    swept({ learningRates: [2, 1], seeds: [9], offset: 256 }),
    /the sweep's learning rates must rise; sort 2, 1\.$/,
  );
  assert.throws(
    swept({ learningRates: [1, 2], byTask: { maths: [1, 2] }, seeds: [9], offset: 256 }),
    /mine, \/sweep\/byTask: unknown task "maths"; did you mean "math"\?/,
  );
  assert.throws(swept({ learningRates: [2], seeds: [9], offset: 256 }), /mine: \/sweep\/learningRates /);
  assert.throws(swept({ learningRates: [1, 2], seed: [9], offset: 256 }), /mine: \/sweep .*seed/);
});

Deno.test("the same task twice, other seeds and unknown properties are refused, naming file and task", () => {
  const parsed = (...list: object[]) => () => parseBenchmark({ ...shared, tasks: list }, "mine");
  assert.throws(parsed(tasks[0], tasks[0]), /mine: task gsm8k is there twice; leave one out\.$/);
  assert.throws(parsed(tasks[0], { ...tasks[1], seeds: [1] }), /mine: task math has other seeds/);
  assert.throws(parsed(tasks[0], { ...tasks[1], sedes: [1] }), /mine, math: .*unknown property "sedes"/);
  assert.throws(parsed(), /mine: \/tasks is empty; name at least one\.$/);
  assert.throws(parsed({ policy: "embedded:base" }), /mine, task 1: .*'task'/);
});
