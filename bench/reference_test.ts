import { strict as assert } from "node:assert";
import { environment } from "./environment.ts";
import { buildLeaderboard, type Leaderboard } from "./leaderboard/leaderboard.ts";
import { predictionInterval, repeatCell, sampleCells } from "./reference.ts";
import { runSuite } from "./run_suite.ts";
import { loadSuite } from "./suite.ts";
import { inTemporary } from "./testing/temporary.ts";

/** A small run of the test policy, tuned by a sweep. */
async function published(directory: string): Promise<Leaderboard> {
  const suite = await loadSuite("quick");
  Object.assign(suite, { policy: "embedded:table", seeds: [1, 2, 3] });
  Object.assign(suite.training, { steps: 3, promptsPerStep: 4 });
  Object.assign(suite.evaluation, { problems: 8, samples: 2, interval: 3 });
  suite.algorithms = suite.algorithms.filter(({ name }) => name === "grpo" || name === "dr_grpo");
  const sweep = { learningRates: [0.01, 0.3], seeds: [9], offset: 8 };
  const { leaderboard } = await runSuite({ name: "small", tasks: [suite], sweep }, { out: directory, jobs: 1 });
  return leaderboard;
}

Deno.test("cells of a published leaderboard are the same bits here, with the learning rate its sweep chose", () =>
  inTemporary(async (directory) => {
    const leaderboard = await published(directory);
    const [board] = leaderboard.boards;
    assert.equal(board.tuned!.length, 2);
    assert.equal(board.tuned![0].points.length, 2);
    for (const cell of sampleCells(leaderboard, 3)) {
      assert.equal(cell.row.learningRate, board.tuned!.find(({ label }) => label === cell.row.label)!.learningRate);
      const repetition = await repeatCell(leaderboard, cell);
      assert.deepEqual([repetition.level, repetition.sameBits, repetition.kept], ["L0", true, true]);
      assert.equal(repetition.repeated, repetition.published);
    }
  }));

Deno.test("other bits are a broken promise on the same kind of machine, elsewhere a score must fit", () =>
  inTemporary(async (directory) => {
    const leaderboard = await published(directory);
    const [cell] = sampleCells(leaderboard, 1);
    cell.seed.hash = "0".repeat(64);
    assert.equal((await repeatCell(leaderboard, cell)).kept, false);
    const machine = { ...environment(), cpu: "another" };
    const scores = cell.row.seeds.map(({ metrics }) => metrics.accuracy.average!);
    const elsewhere = await repeatCell(leaderboard, cell, { machine });
    assert.deepEqual([elsewhere.level, elsewhere.sameBits], ["L2", false]);
    assert.deepEqual(elsewhere.interval, predictionInterval(scores));
    for (const seed of cell.row.seeds) seed.metrics.accuracy.average = 2;
    assert.equal((await repeatCell(leaderboard, cell, { machine })).kept, false, "no seed was near");
    cell.seed.cell = "0".repeat(16);
    await assert.rejects(
      repeatCell(leaderboard, cell),
      /^Refusal: grpo.*, seed \d on gsm8k: this version of Podium runs/,
    );
  }));

Deno.test("a sample is spread over tasks and rows, without a cell twice", () =>
  inTemporary(async (directory) => {
    const leaderboard = await published(directory);
    const [board] = leaderboard.boards;
    const two = { ...leaderboard, boards: [board, { ...board, task: "other" }] } as Leaderboard;
    assert.deepEqual(sampleCells(two, 4).map(({ task }) => task), ["gsm8k", "other", "gsm8k", "other"]);
    assert.equal(sampleCells(two, Infinity).length, 12);
    assert.equal(new Set(sampleCells(two, 4).map(({ row }) => row.label)).size, 2);
  }));

Deno.test("the prediction interval of a further seed: by hand for 1, 2, 3", () => {
  // Mean 2, deviation 1, t(0.995, 2) = 9.9248432, times sqrt(4 / 3).
  const { low, high } = predictionInterval([1, 2, 3])!;
  assert.ok(Math.abs(high - (2 + 9.924843200918 * Math.sqrt(4 / 3))) < 1e-8);
  assert.ok(Math.abs(low + high - 4) < 1e-12);
  assert.equal(predictionInterval([1]), null);
});

Deno.test("a leaderboard is built from a run that is not finished, too", () =>
  inTemporary(async (directory) => {
    const leaderboard = await published(directory);
    const { plannedTasks } = await import("./run_suite.ts");
    const tasks = (await plannedTasks(leaderboard.suite, directory))!;
    await Deno.remove(`${directory}/${tasks[0].plan.cells[0].cell.id}/result.json`);
    const again = await buildLeaderboard(leaderboard.suite, tasks, directory, environment());
    assert.equal(again.overall.standings.length, 1);
    assert.match(again.overall.left[0].reason, /^seed 1 on gsm8k has not finished$/);
    assert.equal(await plannedTasks(leaderboard.suite, `${directory}/nothing`), null, "no sweep there");
  }));
