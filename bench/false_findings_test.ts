import { strict as assert } from "node:assert";
import { keyOf, uniform } from "../policy/random.ts";
import { falseFindings, scoresOf } from "./false_findings.ts";
import { type Leaderboard, readLeaderboard } from "./leaderboard/leaderboard.ts";
import { normalQuantile, normalTail } from "./statistics/normal.ts";
import { pairedTest } from "./statistics/paired_difference.ts";

const quick = await readLeaderboard(new URL("./testing/small_leaderboard.json", import.meta.url).pathname);
const splits = { pairs: 5000, families: 500 };

/** A leaderboard of two algorithms with so many seeds, their scores drawn from one normal distribution. */
function leaderboard(seeds: number): Leaderboard {
  const [board] = quick.boards;
  const rows = board.rows.slice(0, 2).map((row, place) => ({
    ...row,
    seeds: Array.from({ length: seeds }, (_, seed) => {
      const own = structuredClone(row.seeds[0]);
      own.seed = seed;
      own.metrics.accuracy.average = 0.5 + 0.01 * normalQuantile(uniform(keyOf(5, "score", place), seed));
      return own;
    }),
  }));
  return { ...quick, boards: [{ ...board, rows }] };
}

Deno.test("where nothing differs the test of the leaderboard passes, and the verdict says the highest share", () => {
  const found = falseFindings(leaderboard(24), { splits });
  assert.deepEqual(found.pairs.map(({ seeds, sides }) => [seeds, sides]), [[3, 2], [5, 2], [10, 2]]);
  assert.deepEqual(found.families.map(({ seeds, sides }) => [seeds, sides]), [[3, 4]]); // half of 24 seeds
  assert.deepEqual([found.runs, found.algorithms.length, found.passed], [24, 2, true]);
  const highest = Math.max(...[...found.pairs, ...found.families].map(({ share }) => share));
  assert.ok(found.verdict.includes(`at most ${(100 * highest).toFixed(1)} % of comparisons, which is not more than`));
});

Deno.test("a test that finds too much fails, with a sentence that says where", () => {
  const test = (x: readonly number[], y: readonly number[]) => 2 * normalTail(Math.abs(pairedTest(x, y).t!));
  const found = falseFindings(leaderboard(40), { splits, test });
  assert.equal(found.passed, false);
  assert.match(
    found.verdict,
    /^With 3 seeds and 2 algorithms a difference is found where there is none in \d+\.\d % \[.*\] of comparisons, more than the nominal 5\.0 %: do not believe/,
  );
});

Deno.test("only seeds that every algorithm finished on every task count, in their order", () => {
  const own = leaderboard(9), [board] = own.boards;
  board.rows[0].seeds.reverse();
  board.rows[1].seeds[4].hash = null;
  const math = structuredClone(board);
  math.task = "math";
  math.rows[0].seeds.pop(); // seed 0, for they are reversed
  const { labels, seeds, scores } = scoresOf({ ...own, boards: [board, math] });
  assert.deepEqual(labels, board.rows.map(({ label }) => label));
  assert.deepEqual(seeds, [1, 2, 3, 5, 6, 7, 8]);
  const first = board.rows[0].seeds.find(({ seed }) => seed === 1)!.metrics.accuracy.average;
  assert.deepEqual(scores[0][0], [first, first]);
});

Deno.test("too few seeds are refused", () => {
  assert.throws(
    () => falseFindings(leaderboard(6), { splits }),
    /^Refusal: suite quick: 6 seeds were finished by every algorithm on every task, and .* takes 7 or more; run it with/,
  );
  assert.equal(falseFindings(leaderboard(7), { splits }).pairs.length, 1);
});
