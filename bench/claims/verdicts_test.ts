import { strict as assert } from "node:assert";
import { loadBenchmark } from "../benchmark.ts";
import { type Leaderboard, readLeaderboard } from "../leaderboard/leaderboard.ts";
import type { LeaderboardRow } from "../leaderboard/shape.ts";
import { inTemporary } from "../testing/temporary.ts";
import { claims } from "./index.ts";
import { scaleText } from "./scale.ts";
import { verdictsTable } from "./table.ts";
import { judgeAll, mergedVerdicts, verdictsOf, writeVerdicts } from "./verdicts.ts";

const suite = await loadBenchmark("claims");
const quick = await readLeaderboard(new URL("../testing/small_leaderboard.json", import.meta.url).pathname);

/** The leaderboard of suite quick, in which GRPO and PPO have these values of avg@k and seconds, one per seed. */
function made(values: Record<string, { average: number[]; seconds: number[] }>): Leaderboard {
  const leaderboard = structuredClone(quick);
  for (const row of leaderboard.boards[0].rows) {
    const given = values[row.label];
    if (!given) continue;
    const [like] = row.seeds;
    row.seeds = given.average.map((average, index): LeaderboardRow["seeds"][number] => ({
      ...like,
      seed: index + 1,
      metrics: {
        ...like.metrics,
        accuracy: { ...like.metrics.accuracy, average },
        cost: { ...like.metrics.cost, seconds: given.seconds[index] },
      },
    }));
  }
  return leaderboard;
}

const average = [0.61, 0.6, 0.62, 0.6, 0.61], cheap = [8, 8.1, 8, 8.2, 8], dear = [13, 13.1, 12.9, 13, 13.2];
const judged = (leaderboard: Leaderboard, id = "grpo_reaches_ppo") =>
  verdictsOf(judgeAll(claims, [suite], [leaderboard])).find((verdict) => verdict.id === id);

Deno.test("a claim is reproduced by rows that bear it out, and not by rows that speak against one of its tests", () => {
  const close = average.map((value, index) => value + 0.001 * (index - 2));
  const held = judged(made({
    grpo: { average: close, seconds: cheap },
    ppo: { average, seconds: dear },
  }))!;
  assert.deepEqual([held.verdict, held.seeds], ["reproduced", 5]);
  assert.deepEqual(held.tests.map(({ verdict }) => verdict), ["reproduced", "reproduced"]);
  assert.match(held.sentence, /^All 2 tests hold; accuracy of grpo less that of ppo: 0\.0 \[-0\.2, 0\.2\] points/);
  const failed = judged(made({
    grpo: { average: close, seconds: dear },
    ppo: { average, seconds: cheap },
  }))!;
  assert.equal(failed.verdict, "not reproduced");
  assert.match(failed.sentence, /^1 of 2 tests hold; training time of grpo less that of ppo: 4\.\d\d \[/);
  assert.match(failed.sentence, /claimed: less than 0; the whole interval says otherwise\.$/);
});

Deno.test("a verdict names the scale it holds for", () => {
  const setting = scaleText(judged(quick)!.scale);
  const { steps, promptsPerStep } = quick.suite.tasks[0].training;
  assert.match(
    setting,
    new RegExp(`embedded:base with 94,528 parameters, task gsm8k, ${steps} steps of ${promptsPerStep} prompts`),
  );
  assert.match(setting, /sampled responses, learning rate 0\.0004, .* held-out problems/);
});

Deno.test("rows that are missing, or are of other settings, are not judged by", () => {
  const verdicts = verdictsOf(judgeAll(claims, [suite], [quick]));
  const ids = verdicts.map(({ id }) => id);
  assert.ok(ids.includes("disco_beats_grpo_and_dapo") && ids.includes("hicra_beats_grpo") === false);
  assert.ok(!ids.includes("gdpo_beats_the_sum"), "there is a gdpo, but on another task");
  const other = structuredClone(quick);
  other.suite.tasks[0].algorithms.find(({ name }) => name === "grpo")!.options = { beta: 0.04 };
  assert.equal(judged(other), undefined);
  other.suite.tasks[0].algorithms.find(({ name }) => name === "grpo")!.options = { beta: 0 };
  assert.ok(judged(other));
  other.suite.tasks[0].training.rewards = ["accuracy", "brevity"];
  assert.equal(judged(other), undefined);
});

Deno.test("a tuned learning rate does not keep a row from being judged", () => {
  const tuned = structuredClone(quick);
  for (const entry of tuned.suite.tasks[0].algorithms) entry.training.learningRate = 1e-3;
  for (const [index, row] of tuned.boards[0].rows.entries()) row.learningRate = index % 2 ? 1e-3 : 2e-4;
  assert.match(scaleText(judged(tuned)!.scale), /learning rate (0\.0002 to )?0\.00/);
});

Deno.test("of several leaderboards the first that holds all of a claim counts", () => {
  const without = structuredClone(quick);
  without.boards[0].rows = without.boards[0].rows.filter(({ label }) => label !== "ppo");
  const full = made({ grpo: { average, seconds: cheap }, ppo: { average, seconds: dear } });
  const seedsOf = (...all: [Leaderboard, ...Leaderboard[]]) =>
    verdictsOf(judgeAll(claims, [suite], all)).find(({ id }) => id === "grpo_reaches_ppo")!.seeds;
  assert.equal(seedsOf(without, full, quick), 5);
  assert.equal(seedsOf(quick, full), quick.suite.tasks[0].seeds.length);
});

Deno.test("the file fits its schema, and the table says what was not run", () =>
  inTemporary(async (directory) => {
    const verdicts = judgeAll(claims, [suite], [quick]), path = `${directory}/verdicts.json`;
    await writeVerdicts(path, verdicts);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), JSON.parse(JSON.stringify(verdicts)));
    await assert.rejects(writeVerdicts(path, { ...verdicts, format: 2 as 3 }), { name: "Refusal" });
    const table = verdictsTable(claims, verdicts);
    assert.match(table, /^not run +gvpo_is_insensitive_to_beta$/m);
    assert.match(table, /grpo not lower than ppo/);
    const run = verdictsOf(verdicts).length;
    assert.match(table, new RegExp(`${claims.length} claims: .*, ${claims.length - run} not run\\.$`));
  }));

Deno.test("verdicts of several runs keep the machine of each, and merging them loses none", () => {
  const elsewhere = structuredClone(quick), two = new Set(["ppo", "grpo"]);
  elsewhere.environment.cpu = "another";
  elsewhere.boards[0].rows = elsewhere.boards[0].rows.filter(({ label }) => two.has(label));
  const both = judgeAll(claims, [suite], [elsewhere, quick]);
  assert.deepEqual(both.sources.map(({ environment: { cpu } }) => cpu), ["another", quick.environment.cpu]);
  const merged = mergedVerdicts([judgeAll(claims, [suite], [elsewhere]), judgeAll(claims, [suite], [quick])]);
  assert.deepEqual(merged, both);
  assert.deepEqual(mergedVerdicts([merged, merged]), merged);
  const ids = ({ sources }: typeof both) => sources.flatMap(({ verdicts }) => verdicts.map(({ id }) => id)).sort();
  assert.deepEqual(ids(merged), ids(judgeAll(claims, [suite], [quick])));
  const table = verdictsTable(claims, both);
  assert.match(table, /on another/);
  assert.ok(table.includes(`on ${quick.environment.cpu ?? quick.environment.arch}`));
});

Deno.test("a verdict without numbers does not replace one that has some, wherever it stands", () => {
  const measured = judgeAll(claims, [suite], [quick]), unmeasured = structuredClone(measured);
  for (const { verdicts } of unmeasured.sources) for (const verdict of verdicts) verdict.seeds = 0;
  const seeds = (verdicts: typeof measured) =>
    Object.fromEntries(verdictsOf(verdicts).map(({ id, seeds }) => [id, seeds]));
  assert.ok(Object.values(seeds(measured)).some((count) => count > 0));
  assert.deepEqual(seeds(mergedVerdicts([unmeasured, measured])), seeds(measured));
  assert.deepEqual(seeds(mergedVerdicts([measured, unmeasured])), seeds(measured));
  assert.deepEqual(mergedVerdicts([unmeasured]), unmeasured);
});
