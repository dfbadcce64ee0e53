import { strict as assert } from "node:assert";
import fc from "fast-check";
import { metricsOf } from "../leaderboard/metrics.ts";
import type { LeaderboardRow } from "../leaderboard/shape.ts";
import type { ClaimTest, Direction, Outcome } from "./claim.ts";
import { combined, judgeTest, outcomeOf } from "./judge.ts";

/** A row whose avg@k is this in seeds 1, 2, …; null where a seed did not finish. */
function row(label: string, ...averages: (number | null)[]): LeaderboardRow {
  const empty = metricsOf({ steps: [], evaluations: [], timing: [] });
  const seeds = averages.map((average, index) => ({
    seed: index + 1,
    metrics: { ...empty, accuracy: { ...empty.accuracy, average } },
  }));
  return { label, seeds } as unknown as LeaderboardRow;
}

const test = (direction: Direction, margin: number): ClaimTest => ({
  metric: "accuracy.average",
  a: "new",
  direction,
  b: "old",
  margin,
});

Deno.test("a whole interval decides for or against every direction; one that holds both says nothing", () => {
  const cases: [Direction, margin: number, low: number, high: number, Outcome][] = [
    ["higher", 1, 1.1, 3, "reproduced"],
    ["higher", 1, 0.9, 3, "inconclusive"],
    ["higher", 1, -2, 0.9, "not reproduced"],
    ["lower", 1, -3, -1.1, "reproduced"],
    ["lower", 1, -3, -0.9, "inconclusive"],
    ["lower", 1, -0.9, 2, "not reproduced"],
    ["not lower", 1, -0.9, 0.5, "reproduced"],
    ["not lower", 1, -1.1, 0.5, "inconclusive"],
    ["not lower", 1, -3, -1.1, "not reproduced"],
    ["not higher", 1, -5, 0.9, "reproduced"],
    ["not higher", 1, -5, 1.1, "inconclusive"],
    ["not higher", 1, 1.1, 2, "not reproduced"],
    ["equal", 1, -0.9, 0.9, "reproduced"],
    ["equal", 1, -0.9, 1.1, "inconclusive"],
    ["equal", 1, -1.1, 1.1, "inconclusive"],
    ["equal", 1, 1.1, 2, "not reproduced"],
    ["equal", 1, -2, -1.1, "not reproduced"],
  ];
  for (const [direction, margin, low, high, outcome] of cases) {
    assert.equal(outcomeOf({ direction, margin }, { low, high }), outcome, `${direction} ${low} ${high}`);
  }
});

Deno.test("what is exactly at the margin is not beyond it, and is within it", () => {
  const exact: [Direction, number, Outcome][] = [
    ["higher", 1, "not reproduced"],
    ["lower", -1, "not reproduced"],
    ["not lower", -1, "reproduced"],
    ["not higher", 1, "reproduced"],
    ["equal", 1, "reproduced"],
    ["equal", -1, "reproduced"],
  ];
  for (const [direction, at, outcome] of exact) {
    assert.equal(outcomeOf({ direction, margin: 1 }, { low: at, high: at }), outcome, direction);
  }
  assert.equal(outcomeOf({ direction: "higher", margin: 0 }, { low: 0, high: 0 }), "not reproduced", "the same run");
});

Deno.test("exchanging the sides turns higher into lower, and leaves equal as it is", () => {
  const mirrored: Record<Direction, Direction> = {
    "higher": "lower",
    "lower": "higher",
    "not lower": "not higher",
    "not higher": "not lower",
    "equal": "equal",
  };
  fc.assert(fc.property(
    fc.constantFrom(...Object.keys(mirrored) as Direction[]),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: -5, max: 5 }),
    fc.integer({ min: 0, max: 5 }),
    (direction, margin, low, width) => {
      const high = low + width;
      assert.equal(
        outcomeOf({ direction, margin }, { low, high }),
        outcomeOf({ direction: mirrored[direction], margin }, { low: -high, high: -low }),
      );
    },
  ));
});

Deno.test("the interval is that of the paired differences within seeds", () => {
  // Differences 0.02, 0.04, 0.06: mean 0.04, standard error 0.02/√3, t quantile 4.302653 of two degrees of freedom.
  const judged = judgeTest(test("higher", 0), row("new", 0.32, 0.54, 0.76), row("old", 0.3, 0.5, 0.7), 3);
  const reach = 4.302652729749464 * 0.02 / Math.sqrt(3);
  assert.ok(Math.abs(judged.estimate!.mean - 0.04) < 1e-12);
  assert.ok(Math.abs(judged.estimate!.low! - (0.04 - reach)) < 1e-9);
  assert.ok(Math.abs(judged.estimate!.high! - (0.04 + reach)) < 1e-9);
  assert.deepEqual([judged.verdict, judged.seeds], ["inconclusive", 3]);
  assert.equal(
    judged.sentence,
    "accuracy of new less that of old: 4.0 [-1.0, 9.0] points over 3 seeds; claimed: more than 0; the interval allows both. " +
      "With 3 seeds a difference 6.5 points off the bound would be found four times out of five; this one is 4.0 points " +
      "off, for which about 5 seeds would be needed.",
  );
});

Deno.test("fewer seeds than were asked for are inconclusive, however clear they are", () => {
  const clear = [row("new", 0.9, 0.91, 0.9), row("old", 0.1, 0.1, 0.1)] as const;
  assert.equal(judgeTest(test("higher", 0.01), ...clear, 3).verdict, "reproduced");
  const few = judgeTest(test("higher", 0.01), ...clear, 4);
  assert.equal(few.verdict, "inconclusive");
  assert.match(few.sentence, /over 3 seeds; claimed: more than 1\.0; 4 seeds were asked for before judging\.$/);
});

Deno.test("a seed that one side did not finish counts for neither, in whatever order seeds stand", () => {
  const a = row("new", 0.5, null, 0.7, 0.8), b = row("old", 0.4, 0.1, 0.6, 0.7);
  b.seeds.reverse();
  const { seeds, estimate, verdict } = judgeTest(test("higher", 0.05), a, b, 3);
  assert.deepEqual([seeds, verdict], [3, "reproduced"]);
  assert.ok(Math.abs(estimate!.mean - 0.1) < 1e-12);
  const nothing = judgeTest(test("higher", 0.05), row("new", null, 0.5), row("old", 0.5, null), 2);
  assert.deepEqual([nothing.seeds, nothing.estimate, nothing.verdict], [0, null, "inconclusive"]);
  assert.match(nothing.sentence, /no seed has both/);
});

/** The rows of two algorithms with 3,500 responses each: the first's learning curve, and avg@k of the second at its end. */
function curved(points: [responses: number, average: number][], ends: number[]): [LeaderboardRow, LeaderboardRow] {
  const a = row("new", ...ends.map(() => points.at(-1)![1])), b = row("old", ...ends);
  const curve = points.map(([responses, average], step) => ({ step, responses, average, greedy: average / 2 }));
  for (const seed of a.seeds) Object.assign(seed, { curve });
  for (const { metrics } of b.seeds) metrics.cost = { ...metrics.cost, responses: 3500 };
  return [a, b];
}

Deno.test("with fewer responses the last evaluation within them counts, and none before anything was learned", () => {
  const early: ClaimTest = { ...test("higher", 0.01), fewerResponses: 35 };
  const ends = [0.5, 0.52, 0.51];
  const points: [number, number][] = [[0, 0.9], [50, 0.1], [100, 0.6], [101, 0.3], [3500, 0.2]];
  const judged = judgeTest(early, ...curved(points, ends), 3);
  assert.deepEqual([judged.verdict, judged.seeds], ["reproduced", 3]);
  assert.ok(Math.abs(judged.estimate!.mean - 0.09) < 1e-12);
  assert.match(judged.sentence, /^accuracy of new with 1\/35 of the responses less that of old: 9\.0 \[/);
  const greedy = judgeTest({ ...early, metric: "accuracy.greedy" }, ...curved(points, ends), 3);
  assert.equal(greedy.seeds, 0, "the other has no greedy accuracy here");

  const late = judgeTest(early, ...curved([[0, 0.9], [101, 0.6]], ends), 3);
  assert.deepEqual([late.seeds, late.estimate, late.verdict], [0, null, "inconclusive"]);
  assert.match(late.sentence, /no seed has both; new has no evaluation with so few responses\.$/);
});

Deno.test("one failing test decides a claim; an open one leaves it open", () => {
  assert.equal(combined(["reproduced", "reproduced"]), "reproduced");
  assert.equal(combined(["reproduced", "inconclusive"]), "inconclusive");
  assert.equal(combined(["inconclusive", "not reproduced", "reproduced"]), "not reproduced");
});
