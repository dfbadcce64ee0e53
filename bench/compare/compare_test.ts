import { strict as assert } from "node:assert";
import { type Leaderboard, readLeaderboard } from "../leaderboard/leaderboard.ts";
import { holm } from "../statistics/multiple_testing.ts";
import { pairedDifference } from "../statistics/paired_difference.ts";
import { unpairedDifference } from "../statistics/unpaired_difference.ts";
import { compareLeaderboards, type LeaderboardChanges } from "./compare.ts";
import { measures } from "./measures.ts";
import { settingChanges } from "./settings.ts";
import { changesText, changesVerdict } from "./text.ts";

const quick = await readLeaderboard(new URL("../testing/small_leaderboard.json", import.meta.url).pathname);
const labels = quick.boards[0].rows.map(({ label }) => label);

/** The committed leaderboard with a change. */
function changed(how: (leaderboard: Leaderboard) => void): Leaderboard {
  const copy = structuredClone(quick);
  how(copy);
  return copy;
}

const rowOf = ({ boards }: Leaderboard, label: string) => boards[0].rows.find((row) => row.label === label)!;
const scores = (leaderboard: Leaderboard, label: string) =>
  rowOf(leaderboard, label).seeds.map(({ metrics }) => metrics.accuracy.average!);
const accuracyOf = ({ rows }: LeaderboardChanges, label: string) =>
  rows.find((row) => row.label === label)!.measures.find(({ measure }) => measure === "accuracy.average")!;

/** Other weights and other scores than before, with the same settings. */
function move(leaderboard: Leaderboard, label: string, by: readonly number[]): void {
  rowOf(leaderboard, label).seeds.forEach((seed, place) => {
    seed.hash = `${place}`.repeat(64);
    seed.metrics.accuracy.average! += by[place];
  });
}

Deno.test("a leaderboard and itself are the same to the last bit: nothing is tested but what a clock measured", () => {
  const changes = compareLeaderboards(quick, quick);
  assert.deepEqual(changes.settings, []);
  assert.ok(changes.tasks.every(({ settings, presence }) => settings.length === 0 && presence === "both"));
  for (const row of changes.rows) {
    assert.deepEqual([row.presence, row.same, row.settings], ["both", true, []]);
    assert.deepEqual(row.cells, { shared: 3, same: 3, contradicting: 0 });
    for (const { measure, difference, p } of row.measures) {
      if (difference !== null) assert.equal(difference, 0);
      if (!measure.startsWith("cost.")) assert.equal(p, null);
    }
  }
  assert.equal(changesVerdict(changes), `All ${labels.length} rows in both are the same to the last bit.`);
});

Deno.test("shared seeds are paired, second minus first, with Holm's correction over the rows that are not the same", () => {
  const [one, two] = labels;
  const other = changed((copy) => {
    move(copy, one, [0.1, 0.1001, 0.1002]);
    move(copy, two, [0.03, -0.03, 0.01]);
  });
  const changes = compareLeaderboards(quick, other);
  const expected = [one, two].map((label) => pairedDifference(scores(other, label), scores(quick, label)));
  const adjusted = holm(expected.map(({ p }) => p!));
  [one, two].forEach((label, place) => {
    const { test, difference, low, high, p, adjusted: own, significant } = accuracyOf(changes, label);
    assert.deepEqual([test, difference, low, high, p], [
      "paired",
      expected[place].mean,
      expected[place].low,
      expected[place].high,
      expected[place].p,
    ]);
    assert.equal(own, adjusted[place]);
    assert.equal(significant, place === 0);
  });
  assert.deepEqual(changes.rows.find(({ label }) => label === one)!.cells, { shared: 3, same: 0, contradicting: 3 });
  assert.equal(
    changesVerdict(changes),
    "11 of 13 rows in both are the same to the last bit. 6 cells with the same settings came to other numbers: another " +
      "kind of processor, or a change that the cell's format should have told. Accuracy differs significantly in 1 of 2 " +
      "rows (t tests with Holm's correction, 5 %).",
  );
});

Deno.test("other seeds are not paired: Welch's test over all of them", () => {
  const [one] = labels;
  const other = changed((copy) => {
    move(copy, one, [0.1, 0.11, 0.09]);
    for (const seed of rowOf(copy, one).seeds) Object.assign(seed, { seed: seed.seed + 10, cell: `${seed.seed}` });
  });
  const change = accuracyOf(compareLeaderboards(quick, other), one);
  const { mean, p } = unpairedDifference(scores(other, one), scores(quick, one));
  assert.deepEqual([change.test, change.difference, change.p], ["unpaired", mean, p]);
});

Deno.test("rows and tasks of one side are named, and have nothing to compare", () => {
  const less = changed(({ boards: [board] }) => board.rows = board.rows.slice(1));
  const { rows } = compareLeaderboards(quick, less);
  assert.deepEqual([rows[0].label, rows[0].presence, rows[0].measures], [labels[0], "a", []]);
  const more = compareLeaderboards(less, quick);
  assert.deepEqual([more.rows.at(-1)!.label, more.rows.at(-1)!.presence], [labels[0], "b"]);
  const elsewhere = changed(({ boards: [board], suite }) => board.task = suite.tasks[0].task = "math");
  const changes = compareLeaderboards(quick, elsewhere);
  assert.deepEqual(changes.tasks.map(({ task, presence }) => [task, presence]), [["gsm8k", "a"], ["math", "b"]]);
  assert.match(changesText(changes), /gsm8k: only in A\n {2}math: only in B[^]*nothing to compare\.$/);
});

Deno.test("what is set differently is said once, where it was set", () => {
  const [one] = labels;
  const changes = compareLeaderboards(
    quick,
    changed((copy) => {
      copy.environment.cpu = "another";
      copy.suite.tasks[0].training.learningRate = 0.5;
      copy.boards[0].data.test.digest = "another";
      for (const row of copy.boards[0].rows) row.learningRate = 0.5;
      rowOf(copy, one).options = { ...rowOf(copy, one).options, epsilonLow: 0.3 };
    }),
  );
  assert.deepEqual(changes.settings.map(({ path, b }) => [path, b]), [["environment.cpu", "another"]]);
  assert.deepEqual(changes.tasks[0].settings.map(({ path }) => path).sort(), [
    "data.test.digest",
    "training.learningRate",
  ]);
  assert.deepEqual(
    changes.rows.flatMap(({ label, settings }) => settings.map(({ path, a, b }) => [label, path, a, b])),
    [[one, "options.epsilonLow", rowOf(quick, one).options.epsilonLow ?? null, 0.3]],
  );
});

Deno.test("a seed that a gate stopped counts for neither side", () => {
  const [one] = labels;
  const other = changed((copy) => {
    move(copy, one, [0.1, 0.2, 0.3]);
    rowOf(copy, one).seeds[0].hash = null;
  });
  const { a, b, difference } = accuracyOf(compareLeaderboards(quick, other), one);
  const expected = pairedDifference(scores(other, one).slice(1), scores(quick, one).slice(1));
  assert.equal(difference, expected.mean);
  assert.ok(Math.abs(b! - a! - difference!) < 1e-12, "means are those of the seeds compared");
});

Deno.test("every measure is a number that the leaderboard's schema has", () => {
  for (const { name, of } of measures) {
    const { metrics } = quick.boards[0].rows[0].seeds[0];
    const found = name.split(".").reduce<unknown>((value, field) => (value as Record<string, unknown>)[field], metrics);
    assert.equal(of(metrics), found, name);
    assert.notEqual(found, undefined, name);
  }
});

Deno.test("settings differ by their path; a list is one, and what is missing is null", () => {
  assert.deepEqual(settingChanges({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [1, 3], b: 1 }, e: null }), [
    { path: "a.c", a: [1, 2], b: [1, 3] },
    { path: "d", a: 1, b: null },
  ]);
});
