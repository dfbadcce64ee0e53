import { strict as assert } from "node:assert";
import { keyOf, uniform } from "../../policy/random.ts";
import { compare } from "./comparison.ts";
import type { LeaderboardRow } from "./shape.ts";

/** A row with these values of avg@k per seed; null: the seed did not finish. */
function row(label: string, ...averages: (number | null)[]): LeaderboardRow {
  const seeds = averages.map((average, index) => ({
    seed: index + 1,
    hash: average === null ? null : "hash",
    failure: average === null ? { step: 3, gate: "finite", message: "" } : null,
    metrics: { accuracy: { average } },
  }));
  return { label, algorithm: label, seeds, metrics: { accuracy: { gain: null } } } as unknown as LeaderboardRow;
}

const noise = (label: string, seed: number) => 0.02 * (uniform(keyOf(1, label), seed) - 0.5);
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);
const noisy = (label: string, level: number, stream = label) =>
  row(label, ...seeds.map((seed) => level + noise("shared", seed) + noise(stream, seed)));

Deno.test("what nothing tells apart shares a rank; what is significantly worse ranks behind all that beat it", () => {
  const rows = [noisy("worse", 0.3), noisy("a", 0.6), noisy("b", 0.6005), noisy("middle", 0.5)];
  const { standings, pairs, verdict } = compare([{ task: "t", rows }], seeds);
  assert.deepEqual(standings.map(({ rank, tied }) => [rank, tied]), [[1, true], [1, true], [3, false], [4, false]]);
  assert.deepEqual(standings.slice(2).map(({ label }) => label), ["middle", "worse"]);
  assert.equal(pairs.length, 6);
  assert.equal(pairs.filter(({ significant }) => significant).length, 5);
  assert.match(verdict, /^Nothing tells the 2 algorithms of the first rank apart: [ab] and [ab]\. 5 of 6 pairs differ/);
});

Deno.test("where nothing is significant the verdict says so, and what could have been found", () => {
  const rows = ["a", "b", "c"].map((label) => noisy(label, 0.5));
  const { standings, detectable, verdict } = compare([{ task: "t", rows }], seeds);
  assert.ok(standings.every(({ rank, tied }) => rank === 1 && tied));
  assert.match(
    verdict,
    /^No significant difference between any two of 3 algorithms \(paired t test over 10 seeds, Holm/,
  );
  assert.ok(verdict.includes(`a true difference of ${(100 * detectable!).toFixed(1)} points`));
});

Deno.test("one that beats all others is named", () => {
  const { verdict } = compare([{ task: "t", rows: [noisy("a", 0.9), noisy("b", 0.5), noisy("c", 0.5)] }], seeds);
  assert.match(verdict, /^a is significantly better than every other algorithm\. /);
});

Deno.test("an algorithm that a gate stopped, or that was not run on a task, is left out with its reason", () => {
  const first = [row("a", 0.1, 0.2), row("stopped", 0.9, null), row("alone", 0.5, 0.5), row("b", 0.1, 0.2)];
  const second = [row("a", 0.3, 0.4), row("stopped", 0.9, 0.9), row("b", 0.2, 0.2)];
  const { standings, left, tasks } = compare([{ task: "x", rows: first }, { task: "y", rows: second }], [1, 2]);
  assert.deepEqual(tasks, ["x", "y"]);
  assert.deepEqual(standings.map(({ label }) => label), ["a", "b"]);
  assert.deepEqual(left, [
    { label: "stopped", reason: "seed 2 on x was stopped by the gate finite at step 3" },
    { label: "alone", reason: "not run on y" },
  ]);
});

Deno.test("over several tasks the score is the interquartile mean of all runs", () => {
  const { standings: [{ score, mean, optimalityGap }] } = compare([
    { task: "x", rows: [row("a", 0.1, 0.2)] },
    { task: "y", rows: [row("a", 0.4, 0.9)] },
  ], [1, 2]);
  assert.ok(Math.abs(score.value - 0.3) < 1e-15); // of 0.1 0.2 0.4 0.9 the middle two
  assert.ok(Math.abs(mean.value - 0.4) < 1e-15);
  assert.ok(Math.abs(optimalityGap.value - 0.6) < 1e-15);
  assert.ok(score.low! <= score.value && score.value <= score.high!);
});

Deno.test("profiles fall with the threshold and lie within their bands", () => {
  const { profiles: { thresholds, curves } } = compare(
    [{ task: "t", rows: [noisy("a", 0.5), noisy("b", 0.7)] }],
    seeds,
  );
  for (const { share, low, high } of curves) {
    assert.equal(share.length, thresholds.length);
    assert.ok(share.every((value, i) => i === 0 || value <= share[i - 1]));
    assert.ok(share.every((value, i) => low[i]! <= value && value <= high[i]!));
  }
});

Deno.test("one seed, one algorithm and none at all are said, not ranked away", () => {
  const one = compare([{ task: "t", rows: [row("a", 0.5), row("b", 0.6)] }], [1]);
  assert.match(one.verdict, /^One seed says nothing about chance/);
  assert.equal(one.detectable, null);
  assert.match(compare([{ task: "t", rows: [row("a", 0.5, 0.6)] }], [1, 2]).verdict, /^Only a has finished/);
  assert.match(compare([{ task: "t", rows: [row("a", null)] }], [1]).verdict, /^No algorithm has finished every seed/);
});

Deno.test("the same rows in another order give the same standings", () => {
  const rows = [noisy("a", 0.6), noisy("b", 0.5), noisy("c", 0.4)];
  const forth = compare([{ task: "t", rows }], seeds), back = compare([{ task: "t", rows: rows.toReversed() }], seeds);
  assert.deepEqual(forth, back);
});
