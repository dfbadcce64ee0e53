import { strict as assert } from "node:assert";
import { planSuite } from "./parts.ts";
import { benchmarkOf, runSuite } from "./run_suite.ts";
import { makeDirectory } from "./records.ts";
import { loadSuite } from "./suite.ts";
import { inTemporary } from "./testing/temporary.ts";
import { verifyCell } from "./verify.ts";

Deno.test("entries that come to the same settings are one cell, run once, and a row each", () =>
  inTemporary(async (directory) => {
    const suite = await loadSuite("quick");
    Object.assign(suite, { policy: "embedded:table", seeds: [1] });
    Object.assign(suite.training, { steps: 2, promptsPerStep: 2 });
    Object.assign(suite.evaluation, { problems: 4, samples: 2 });
    suite.algorithms = [
      { name: "grpo", options: {}, training: {} },
      { name: "grpo", label: "by its preset", preset: "paper", options: {}, training: {} },
    ];
    const started: string[] = [];
    const { leaderboard } = await runSuite(suite, {
      out: directory,
      jobs: 2, // two processes may not run one cell: the second would wait for the first, and give up
      onEvent: (event) => event.type === "started" && started.push(event.id),
    });
    assert.equal(started.length, 1);
    assert.deepEqual(leaderboard.boards[0].rows.map(({ label }) => label).sort(), ["by its preset", "grpo"]);
    assert.deepEqual(leaderboard.boards[0].rows[0].metrics, leaderboard.boards[0].rows[1].metrics);
  }));

Deno.test("algorithms that learn a prompt stand on the same leaderboard, have no learning rate, and are verified alike", () =>
  inTemporary(async (directory) => {
    const suite = await loadSuite("quick");
    Object.assign(suite, { policy: "embedded:table", seeds: [1, 2] });
    Object.assign(suite.training, { steps: 4, promptsPerStep: 4 });
    Object.assign(suite.evaluation, { problems: 4, samples: 2, interval: 2 });
    const names = ["grpo", "gepa", "training_free_grpo", "few_shot"];
    suite.algorithms = names.map((name) => ({ name, options: {}, training: {} }));
    const sweep = { learningRates: [1e-3, 1e-2], seeds: [9], offset: 4 };
    const phases: number[] = [];
    const { leaderboard } = await runSuite({ ...benchmarkOf(suite), sweep }, {
      out: directory,
      jobs: 1,
      onPhase: ({ tasks: [{ plan }] }) => phases.push(plan.cells.length),
    });
    // The sweep is about learning rates alone.
    assert.deepEqual(phases, [2, 8]);
    const { rows, tuned } = leaderboard.boards[0];
    assert.deepEqual(tuned!.map(({ label }) => label), ["grpo"]);
    assert.deepEqual(rows.map(({ label }) => label).sort(), [...names].sort());
    for (const { label, learningRate, seeds } of rows) {
      assert.equal(learningRate === null, label !== "grpo");
      for (const { cell, curve, metrics } of seeds) {
        assert.ok(metrics.cost.responses! <= 4 * 4 * 8);
        assert.equal(metrics.cost.reflections === undefined, label === "grpo" || label === "few_shot");
        assert.deepEqual(curve.map(({ step }) => step), [0, 2, 4]);
        assert.deepEqual((await verifyCell(`${directory}/${cell}`)).difference, null);
      }
    }
  }));

Deno.test("a prompt that can't be learned with the settings of a suite is refused before anything runs", async () => {
  const suite = await loadSuite("quick");
  suite.policy = "embedded:table";
  suite.algorithms = [{ name: "gepa", options: {}, training: {} }];
  suite.training.steps = 0;
  await assert.rejects(
    planSuite(suite),
    /^Refusal: gepa needs at least 106 responses to learn from 100 problems, .* is 0;/,
  );
  Object.assign(suite.training, { steps: 9, temperature: { from: 0.5, to: 1 } });
  await assert.rejects(planSuite(suite), /gepa samples at one temperature greater than 0; set training.temperature/);
});

Deno.test("a directory may be asked for by many at the same time", () =>
  inTemporary(async (directory) => {
    await Promise.all(Array.from({ length: 50 }, () => makeDirectory(`${directory}/one`)));
    assert.deepEqual([...Deno.readDirSync(`${directory}/one`)], []);
  }));
