import assert from "node:assert/strict";
import fc from "fast-check";
import { bestCandidate, paretoDistribution, selectParent } from "./selection.ts";

const table = fc.integer({ min: 1, max: 4 }).chain((instances) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: instances, maxLength: instances }), {
    minLength: 1,
    maxLength: 5,
  })
);

Deno.test("textbook: a probability is the share of instances somebody undominated is best on, by brute force", () => {
  fc.assert(
    fc.property(table, (scores) => {
      const beaten = scores.map((row) =>
        scores.some((other) => row.every((score, i) => other[i] >= score) && row.some((score, i) => other[i] > score))
      );
      const tops = scores.map((row, candidate) =>
        beaten[candidate] ? 0 : row.filter((score, i) => scores.every((other) => other[i] <= score)).length
      );
      const all = tops.reduce((sum, count) => sum + count, 0);
      const { survivors, probabilities } = paretoDistribution(scores, "textbook");
      assert.deepEqual(survivors, beaten.flatMap((is, candidate) => is ? [] : [candidate]));
      survivors.forEach((survivor, i) => assert.ok(Math.abs(probabilities[i] - tops[survivor] / all) < 1e-12));
    }),
    { seed: 4 },
  );
});

Deno.test("cover: survivors are best somewhere, every instance keeps one of its best, and none can be spared", () => {
  fc.assert(
    fc.property(table, (scores) => {
      const { survivors } = paretoDistribution(scores, "cover");
      const covers = (some: readonly number[]) =>
        scores[0].every((_, i) => some.some((candidate) => scores.every((other) => other[i] <= scores[candidate][i])));
      assert.ok(covers(survivors));
      for (const one of survivors) assert.ok(!covers(survivors.filter((other) => other !== one)));
    }),
    { seed: 5 },
  );
});

Deno.test("parents are drawn as often as their probability says; best never varies; epsilon-greedy now and then", () => {
  const scores = [[1, 1, 0, 0], [0, 0, 1, 0], [0.2, 0.2, 0.2, 1], [0.1, 0.1, 0.1, 0.1]];
  const share = (selection: "pareto" | "best" | "epsilon_greedy") => {
    const counts = [0, 0, 0, 0];
    const options = { selection, dominance: "cover", epsilon: 0.2 } as const;
    for (let step = 0; step < 8000; step++) counts[selectParent(scores, options, 7, step)]++;
    return counts.map((count) => count / 8000);
  };
  const near = (actual: number[], expected: number[]) =>
    actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 0.02, `${actual}`));
  near(share("pareto"), [0.5, 0.25, 0.25, 0]);
  assert.deepEqual(share("best"), [1, 0, 0, 0]);
  near(share("epsilon_greedy"), [0.85, 0.05, 0.05, 0.05]);
  assert.equal(bestCandidate([[0, 1], [1, 0]]), 0);
});
