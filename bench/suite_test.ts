import { strict as assert } from "node:assert";
import { loadSuite, parseSuite, suiteFor } from "./suite.ts";
import quick from "./suites/quick.json" with { type: "json" };

// deno-lint-ignore no-explicit-any
const changed = (change: (suite: any) => void) => {
  const suite = structuredClone(quick);
  change(suite);
  return () => parseSuite(suite, "mine.json");
};

Deno.test("the quick suite is valid and its defaults are filled in", async () => {
  const suite = await loadSuite("quick");
  assert.equal(suite.training.topP, 1);
  assert.equal(suite.evaluation.temperature, 1);
  assert.deepEqual(suite.gates, { batchDifference: 0, samplingDifference: 0.001, ratio: 0 });
  assert.deepEqual(suite.algorithms[1].options, {});
});

Deno.test("a suite error names the file, the place and what is wrong", () => {
  assert.throws(changed((s) => s.training.steps = "ten"), {
    message: 'mine.json: /training/steps must be integer, not "ten".',
  });
  assert.throws(changed((s) => s.training.learningrate = 1), {
    message: 'mine.json: /training has an unknown property "learningrate"; did you mean "learningRate"?',
  });
  assert.throws(changed((s) => delete s.seeds), {
    message: "mine.json: the top level must have required property 'seeds'.",
  });
  assert.throws(changed((s) => s.training.temperature = { from: 1 }), {
    message: "mine.json: /training/temperature must have required property 'to'.",
  });
  assert.throws(changed((s) => s.training.temperature = { from: 1, to: 0 }), {
    message: "mine.json: /training/temperature/to must be > 0, not 0.",
  });
  assert.throws(changed((s) => s.training.temperature = "warm"), /temperature must be number, not "warm"/);
  assert.throws(changed((s) => s.algorithms = []), { message: "mine.json: /algorithms is empty; name at least one." });
  assert.throws(changed((s) => s.algorithms[1].name = "grpo"), /two algorithms are called "grpo"/);
  assert.throws(changed((s) => s.training.minibatches = 32), /use at most 16 minibatches/);
  assert.throws(changed((s) => s.algorithms[0].training = { promptsPerStep: 4 }), /unknown property "promptsPerStep"/);
});

Deno.test("an unknown suite gets a suggestion, an unreadable or broken file a reason", async () => {
  await assert.rejects(loadSuite("qick"), /^Refusal: unknown suite "qick"; did you mean "quick"\?/);
  await assert.rejects(loadSuite("./none.json"), /^Refusal: \.\/none\.json: can't read the suite/);
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, "{");
  await assert.rejects(loadSuite(file), /not JSON/);
  await Deno.remove(file);
});

Deno.test("an entry may set optimizer, temperature and reward channels of its own", () => {
  const training = { learningRate: 1e-3, temperature: { from: 0.8, to: 1.2 }, rewards: ["accuracy", "brevity"] };
  const suite = changed((s) => s.algorithms[0].training = training)();
  assert.deepEqual(suite.algorithms[0].training, training);
  assert.deepEqual(suite.training.rewards, ["accuracy"]);
  assert.throws(
    changed((s) => s.algorithms[0].training = { rewards: [] }),
    /\/algorithms\/0\/training\/rewards is empty; name at least one\./,
  );
});

Deno.test("the embedded suites hold: quick the papers' algorithms, all every algorithm there is", async () => {
  const { algorithms } = await import("../algorithms/mod.ts");
  const named = async (suite: string) => new Set((await loadSuite(suite)).algorithms.map(({ name }) => name));
  const all = await named("all");
  for (const name of Object.keys(algorithms)) assert.ok(all.has(name), `suite all lacks ${name}`);
  for (const name of await named("quick")) assert.ok(all.has(name), name);
});

Deno.test("sizes that no machine could hold are refused in the suite, not when memory runs out", () => {
  assert.throws(
    changed((s) => s.evaluation.problems = 1e9),
    /\/evaluation\/problems must be <= 100000, not 1000000000\./,
  );
  assert.throws(changed((s) => s.evaluation.samples = 1025), /\/evaluation\/samples must be <= 1024, not 1025\./);
  assert.throws(changed((s) => s.training.groupSize = 1025), /\/training\/groupSize must be <= 1024/);
  assert.throws(changed((s) => s.training.promptsPerStep = 1e6), /\/training\/promptsPerStep must be <= 100000/);
  const sizes = { promptsPerStep: 1000, groupSize: 100 };
  assert.equal(changed((s) => Object.assign(s.training, sizes))().training.groupSize, 100);
  assert.throws(
    changed((s) => Object.assign(s.training, { ...sizes, groupSize: 101 })),
    /1000 prompts with 101 responses each are more than 100000 .* lower promptsPerStep or groupSize\./,
  );
  const larger = (groupSize: number) =>
    changed((s) => {
      Object.assign(s.training, { ...sizes, groupSize: 2 });
      s.algorithms = [{ name: "grpo" }, { name: "gfpo", training: { groupSize } }];
    });
  assert.deepEqual(larger(100)().algorithms[1].training, { groupSize: 100 });
  assert.throws(larger(101), /1000 prompts with 101 responses each/, "an entry of its own size too");
});

Deno.test("a condition on a reward channel that is not learned from, or on itself, is refused", () => {
  const rewards = ["accuracy", "brevity"];
  const rewardConditions = { brevity: { on: "accuracy", atLeast: 1 } };
  const grpo = (training: object, shared: object = {}) =>
    changed((s) => {
      s.algorithms = [{ name: "grpo", training }, { name: "rloo" }];
      Object.assign(s.training, shared);
    });
  grpo({ rewards, rewardConditions })();
  grpo({ rewardConditions }, { rewards })();
  grpo({ rewards }, { rewardConditions })();
  const unused = /the reward channel "brevity" has a condition but is not learned from; add it to rewards or leave/;
  assert.throws(grpo({ rewardConditions }), unused);
  assert.throws(grpo({}, { rewardConditions }), unused);
  assert.throws(grpo({ rewards: ["accuracy"], rewardConditions }, { rewards }), unused);
  const itself = { brevity: { on: "brevity", atLeast: 0.5 } };
  assert.throws(grpo({ rewards, rewardConditions: itself }), /"brevity" has itself as its condition; name another in/);
});

Deno.test("a task that is trained without naming a suite has its own, where there is one", () => {
  const named = { gsm8k: "quick", math: "math", web_search: "search", other: "quick" };
  for (const [task, name] of Object.entries(named)) assert.equal(suiteFor(task), name);
  assert.equal(suiteFor(), "quick");
});
