import assert from "node:assert/strict";
import fc from "fast-check";
import { coverFronts, instanceFronts, samplingProbabilities, undominated } from "./pareto.ts";

/** Few different scores, so that ties are frequent. */
const table = fc.integer({ min: 1, max: 5 }).chain((instances) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: instances, maxLength: instances }), {
    minLength: 1,
    maxLength: 6,
  })
);

Deno.test("coverFronts() leaves someone in every front and nobody who is redundant; the best average stays covered", () => {
  fc.assert(
    fc.property(table, (scores) => {
      const fronts = instanceFronts(scores), cover = coverFronts(fronts, scores);
      assert.ok(cover.fronts.every((front) => front.length > 0));
      assert.deepEqual([...cover.survivors, ...cover.removed].sort(), [...new Set(fronts.flat())].sort());
      for (const survivor of cover.survivors) {
        assert.ok(cover.fronts.some((front) => front.length === 1 && front[0] === survivor), "redundant");
      }
      const probabilities = Object.values(samplingProbabilities(cover.fronts, cover.survivors));
      assert.ok(Math.abs(probabilities.reduce((sum, value) => sum + value, 0) - 1) < 1e-12);
    }),
    { seed: 1 },
  );
});

Deno.test("undominated() keeps exactly those that no other one beats or matches everywhere", () => {
  fc.assert(
    fc.property(table, (scores) => {
      const kept = new Set(undominated(scores));
      scores.forEach((row, i) => {
        const beaten = scores.some((other) =>
          other.every((value, j) => value >= row[j]) && other.join() !== row.join()
        );
        assert.equal(kept.has(i), !beaten);
      });
    }),
    { seed: 2 },
  );
});

Deno.test("of two candidates with the same fronts the one with the lower mean goes, of equal means the first", () => {
  const means = [[1, 0, 0.5], [1, 0, 0]], ties = [[1, 0], [1, 0]];
  assert.deepEqual(coverFronts([[0, 1]], means).removed, [1]);
  assert.deepEqual(coverFronts(instanceFronts(ties), ties).removed, [0]);
  // First in the fronts, not by number.
  assert.deepEqual(coverFronts([[2], [1, 2], [0, 1]], [[1], [1], [1]]).removed, [1]);
});

Deno.test("no candidates, no instances, and a survivor on no front", () => {
  assert.deepEqual(instanceFronts([]), []);
  assert.deepEqual(coverFronts([], []), { removed: [], survivors: [], fronts: [] });
  assert.deepEqual(samplingProbabilities([[0]], [0, 1]), { 0: 1, 1: 0 });
  assert.deepEqual(samplingProbabilities([], [0]), { 0: 0 });
});

Deno.test("a table that is not one is refused", () => {
  assert.throws(() => instanceFronts([[1, 2], [1]]), /Candidate 1 has scores \[1\]; give 2 finite numbers/);
  assert.throws(() => instanceFronts([[NaN]]), /Candidate 0 has scores \[NaN\]; give 1 finite/);
});
