import { strict as assert } from "node:assert";
import { type Algorithm, findAlgorithm } from "../../algorithms/mod.ts";
import { environment } from "../environment.ts";
import type { Plan } from "../parts.ts";
import { readChain } from "../records.ts";
import { type EvaluationLine, runCell, type StepLine } from "../run_cell.ts";
import { benchmarkOf } from "../run_suite.ts";
import { refilled } from "../testing/algorithms.ts";
import { digitCell, digitSuite } from "../testing/digit_task.ts";
import { inTemporary } from "../testing/temporary.ts";
import { buildLeaderboard, leaderboardText, readLeaderboard, writeLeaderboard } from "./leaderboard.ts";
import { metricsOf } from "./metrics.ts";
import { align, leaderboardTable } from "./table.ts";

/** A run of GRPO with two seeds, of which the last `stopped` were not finished. */
async function recorded(directory: string, stopped = 0) {
  const grpo = findAlgorithm("grpo").create({ beta: 0 });
  const suite = digitSuite((suite) => {
    suite.algorithms = [{ name: "grpo", options: { beta: 0 }, training: {} }];
    suite.seeds = [1, 2];
  });
  const cells: Plan["cells"] = [];
  let clock = 0;
  for (const [index, seed] of suite.seeds.entries()) {
    const { cell, parts } = await digitCell(grpo, suite, seed);
    const controller = new AbortController();
    if (index >= suite.seeds.length - stopped) controller.abort();
    const options = { directory: `${directory}/${cell.id}`, signal: controller.signal, clock: () => clock += 10 };
    await runCell(cell, parts, options).catch(() => {});
    cells.push({ label: "grpo", cell });
  }
  const source = { source: "test", digest: "0".repeat(64), problems: 20 };
  const plan: Plan = {
    cells,
    data: {
      train: source,
      test: source,
      prompts: "0".repeat(64),
      template: { text: "{question}", digest: "0".repeat(64) },
      leakage: {
        rule: "exact text",
        train: { problems: 10, exact: 0, shared: 0 },
        test: { problems: 10, shared: 0 },
        dropped: 0,
      },
    },
    policy: { source: "embedded:table", digest: "0".repeat(64), parameters: 104, backend: "table 1" },
  };
  return await buildLeaderboard(benchmarkOf(suite), [{ suite, plan, tuned: null }], directory, environment());
}

Deno.test("aggregates are the means of the per-seed rows, with n", () =>
  inTemporary(async (directory) => {
    const { boards: [{ rows: [row], base }] } = await recorded(directory);
    for (const [group, name] of [["accuracy", "average"], ["length", "mean"], ["stability", "entropyLast"]] as const) {
      const values = row.seeds.map(({ metrics }) => (metrics[group] as unknown as { [name: string]: number })[name]);
      const estimate = (row.metrics[group] as unknown as { [name: string]: { mean: number; n: number } })[name];
      assert.ok(Math.abs(estimate.mean - (values[0] + values[1]) / 2) < 1e-12, name);
      assert.equal(estimate.n, 2);
    }
    assert.equal(row.rank, 1);
    assert.equal(base.rank, null);
    assert.equal(base.seeds.length, 2);
    assert.ok(row.metrics.accuracy.average!.mean > base.metrics.accuracy.average!.mean);
    assert.deepEqual(row.seeds[0].curve.map(({ step }) => step), [0, 5, 10, 12]);
    assert.ok(row.metrics.cost.seconds!.mean > 0);
    assert.deepEqual([row.metrics.cost.updates!.mean, row.metrics.cost.updates!.n], [12, 2]);
    assert.equal(base.metrics.cost.updates!.mean, 0);
  }));

Deno.test("a seed that is not finished has nulls and is left out of the aggregates", () =>
  inTemporary(async (directory) => {
    const { boards: [{ rows: [row] }] } = await recorded(directory, 1);
    assert.equal(row.metrics.accuracy.average!.n, 1);
    assert.equal(row.seeds[1].hash, null);
    assert.equal(row.seeds[1].metrics.accuracy.average, null);
    assert.equal(row.seedSpread, null);
  }));

Deno.test("a row without a finished seed has no rank and only nulls", () =>
  inTemporary(async (directory) => {
    const { boards: [{ rows: [row] }] } = await recorded(directory, 2);
    assert.equal(row.rank, null);
    for (const group of ["accuracy", "length", "stability", "cost"] as const) {
      const numbers = Object.values(row.metrics[group]).flatMap((value) =>
        value === null ? [null] : Object.values(value)
      );
      assert.ok(numbers.every((value) => value === null), group);
    }
  }));

Deno.test("a leaderboard is checked when it is written and when it is read", () =>
  inTemporary(async (directory) => {
    const leaderboard = await recorded(directory, 1);
    const path = `${directory}/leaderboard.json`;
    await writeLeaderboard(path, leaderboard);
    assert.deepEqual(await readLeaderboard(path), JSON.parse(JSON.stringify(leaderboard)));
    leaderboard.boards[0].rows[0].seeds[0].metrics.accuracy.average = 1.5;
    await assert.rejects(
      writeLeaderboard(path, leaderboard),
      /leaderboard\.json: \/boards\/0\/rows\/0\/seeds\/0\/metrics\/accuracy\//,
    );
  }));

Deno.test("lists of numbers are written on one line, and nothing else is changed", () =>
  inTemporary(async (directory) => {
    const leaderboard = await recorded(directory), text = leaderboardText(leaderboard);
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(leaderboard)));
    assert.match(text, /"seeds": \[1, 2\],\n/);
    assert.match(text, /"thresholds": \[0, 0\.02, /);
    assert.ok(!/\n\s+-?[\d.]+,?\n/.test(text), "no number stands alone on a line");
  }));

Deno.test("metricsOf() an empty record is null wherever nothing was measured", () => {
  const { accuracy, stability, cost } = metricsOf({ steps: [], evaluations: [], timing: [] });
  assert.deepEqual(accuracy, { greedy: null, average: null, pass: {}, gain: null });
  assert.equal(stability.entropyFirst, null);
  assert.equal(cost.seconds, null);
  assert.equal(cost.responses, 0);
});

Deno.test("metricsOf() counts every minibatch, and every sampled group once", () =>
  inTemporary(async (directory) => {
    const suite = digitSuite((suite) => Object.assign(suite.training, { groupSize: 2, minibatches: 3 }));
    const { cell, parts } = await digitCell(refilled(40) as Algorithm, suite);
    await runCell(cell, parts, { directory });
    const { steps, evaluations } = await readChain<StepLine, EvaluationLine>(directory, cell);
    const { cost, stability } = metricsOf({ steps, evaluations, timing: [] });
    assert.ok(steps.length < 12);
    assert.equal(cost.updates, steps.reduce((sum, { gradientNorms }) => sum + gradientNorms.length, 0));
    const [sampled, kept] = (["prompts", "groups"] as const).map((name) =>
      steps.reduce((sum, line) => sum + line[name], 0)
    );
    assert.ok(Math.abs(stability.groupsWithoutSignal! - (1 - kept / sampled)) < 1e-12);
  }));

Deno.test("the table is aligned, with the policy before training first", () =>
  inTemporary(async (directory) => {
    const lines = leaderboardTable(await recorded(directory)).split("\n");
    assert.equal(lines.length, 5);
    assert.match(lines[1], /^ {3}before training /);
    assert.match(lines[2], /^1 {2}grpo +\d+\.\d \[\d+\.\d, \d+\.\d\]/);
    assert.equal(new Set(lines.slice(0, 3).map((line) => line.length)).size, 1);
    assert.equal(lines[4], "Only grpo has finished; there is nothing to compare it with.");
  }));

Deno.test("align() pads the first two columns to the left and the others to the right", () => {
  assert.equal(align([["a", "bb", "c"], ["aaa", "b", "ccc"]]), "a    bb    c\naaa  b   ccc");
});
