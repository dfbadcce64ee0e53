import { strict as assert } from "node:assert";
import { loadBenchmark } from "../benchmark.ts";
import { loadSuite } from "../suite.ts";
import { overridden, overriddenBenchmark } from "./overrides.ts";

const quick = await loadSuite("quick");

Deno.test("another task comes with its own base policy and its embedded problems", () => {
  const suite = { ...quick, data: { train: "train.jsonl" } };
  const { task, policy, data } = overridden(suite, { task: "math" });
  assert.deepEqual({ task, policy, data }, { task: "math", policy: "embedded:math", data: {} });
  assert.equal(overridden(suite, { task: "math", policy: "a/b" }).policy, "a/b");
  assert.equal(overridden({ ...suite, policy: "a/b" }, { task: "gsm8k" }).policy, "a/b", "the suite's own task");
});

Deno.test("data, a part of it, and that it is to be decontaminated, from the command line", () => {
  const { data } = overridden(quick, { data: "a.jsonl?level=1-3", evalData: "hub:a/b", decontaminate: true });
  assert.deepEqual(data, { train: "a.jsonl?level=1-3", test: "hub:a/b", decontaminate: true });
});

Deno.test("conditions on rewards are set like everything else, and a broken one is refused", () => {
  const set = ['training.rewardConditions={"brevity":{"on":"accuracy","atLeast":1}}'];
  assert.deepEqual(overridden(quick, { set }).training.rewardConditions, { brevity: { on: "accuracy", atLeast: 1 } });
  assert.throws(
    () => overridden(quick, { set: ['training.rewardConditions={"brevity":{"on":"accuracy"}}'] }),
    /rewardConditions\/brevity must have required property 'atLeast'/,
  );
});

Deno.test("adapters and less memory, from the command line; adapters that can't be are refused", () => {
  const { lora, recompute } = overridden(quick, {
    lora: { rank: 8, alpha: 16 },
    recompute: true,
    set: ["lora.rank=4"],
  });
  assert.deepEqual({ lora, recompute }, { lora: { rank: 4, alpha: 16 }, recompute: true });
  const refused = (settings: object) => () => overridden(quick, { lora: settings as { rank: number; alpha: number } });
  assert.throws(refused({ rank: 8 }), /lora must have required property 'alpha'/);
  assert.throws(refused({ rank: 8, alpha: 16, targets: ["embed"] }), /lora\/targets\/0 must be equal to one of/);
});

Deno.test("a task that no embedded policy has learned asks for one", () => {
  for (const task of ["web_search_r1_searcher", "web_search_tool_call"]) {
    assert.throws(
      () => overridden(quick, { task }),
      {
        name: "Refusal",
        message: `task ${task}: no policy that comes with Podium has learned it; give one with --policy.`,
      },
    );
    assert.equal(overridden(quick, { task, policy: "a/b" }).policy, "a/b");
    assert.equal(overridden({ ...quick, policy: "a/b" }, { task }).policy, "a/b", "the suite names a model of its own");
  }
  assert.equal(
    overridden(quick, { task: "mathh" }).task,
    "mathh",
    "unknown tasks are refused where they are looked up",
  );
});

Deno.test("a policy that all tasks of a suite share is replaced for all; others are for one task", async () => {
  const changed = overriddenBenchmark(await loadBenchmark("gpu"), { policy: "./mine", memory: 24 });
  assert.deepEqual(changed.tasks.map(({ task, policy, memory }) => [task, policy, memory]), [
    ["gsm8k", "./mine", 24],
    ["math", "./mine", 24],
  ]);
  const standard = await loadBenchmark("standard");
  assert.throws(
    () => overriddenBenchmark(standard, { policy: "./mine" }),
    /--policy is about one task, and suite standard/,
  );
});

Deno.test("one task of a suite is chosen with what its sweep says of that", async () => {
  const { tasks, sweep } = overriddenBenchmark(await loadBenchmark("standard"), { task: "gsm8k" });
  assert.deepEqual([tasks.map(({ task }) => task), sweep!.byTask], [["gsm8k"], {}]);
});
