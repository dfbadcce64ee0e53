import assert from "node:assert/strict";
import fc from "fast-check";
import type { Credited, Row } from "./algorithm.ts";
import { klCov } from "./mod.ts";
import { batch, evaluate, finiteDifference } from "./_batches_test.ts";

const selected = (marks: Row | Row[]) => JSON.stringify((marks as Row[]).map((row) => [...row]));

for (const options of [{}, { share: 0.3, coefficient: 0.7 }, { preset: "verl", beta: 0.1 }]) {
  Deno.test(`${JSON.stringify(options)}: the gradient agrees with finite differences while the same tokens pay`, () => {
    const algorithm = klCov.create(options);
    let compared = 0;
    fc.assert(
      fc.property(batch, (responses) => {
        // |log-ratio| has a corner at 0, which differences from both sides don't see: all tokens have moved.
        const movedAway = responses.map((response, i) => ({
          ...response,
          oldLogProbs: response.logProbs.map((logProb, t) => logProb + ((7 * t + 3 * i) % 11 - 5.5) / 10),
        }));
        const outcome = evaluate(algorithm, movedAway);
        outcome.credited.forEach((response, i) =>
          response.logProbs.forEach((_, t) => {
            if (response.mask?.[t] === 0) return;
            const moved = (by: number) => {
              const shifted = outcome.credited.map((one, j): Credited =>
                j === i ? { ...one, logProbs: one.logProbs.slice() } : one
              );
              shifted[i].logProbs[t] += by;
              return selected(algorithm.loss(shifted, outcome.state).trace.selected);
            };
            if ([-2e-3, -8e-4, 8e-4, 2e-3].some((by) => moved(by) !== selected(outcome.trace.selected))) return;
            const expected = finiteDifference(algorithm, outcome, i, t);
            if (expected === null) return;
            compared++;
            assert.ok(
              Math.abs(outcome.gradient[i][t] - expected) <= 1e-7,
              `${outcome.gradient[i][t]} is not ${expected}`,
            );
          })
        );
      }),
      { numRuns: 25, seed: 1 },
    );
    assert.ok(compared > 50);
  });
}

const response = (logProb: number, advantage: number, old = logProb): Credited => ({
  group: 0,
  tokens: [1],
  rewards: {},
  truncated: false,
  logProbs: Float64Array.of(logProb),
  oldLogProbs: Float64Array.of(old),
  advantages: Float64Array.of(advantage),
});

Deno.test("the penalty pulls towards the old policy from both sides, and is not felt on policy", () => {
  const loss = (old: number) =>
    klCov.create({ coefficient: 2 }).loss([response(-1, 1, old), response(-3, 0), response(-2, 0)]);
  assert.deepEqual([...loss(-1).trace.selected as Row[]].map(([mark]) => mark), [1, 0, 0]);
  assert.equal(loss(-1).gradient[0][0], -1 / 3);
  assert.ok(Math.abs(loss(-1.5).gradient[0][0] - (2 - Math.exp(0.5)) / 3) < 1e-15);
  assert.ok(Math.abs(loss(-0.5).gradient[0][0] - (-2 - Math.exp(-0.5)) / 3) < 1e-15);
  assert.equal(loss(-0.5).metrics.penalisedFraction, 1 / 3);
});

Deno.test("all tokens that tie with the last one chosen pay, and none if none stands out", () => {
  const algorithm = klCov.create();
  const tied = algorithm.loss([response(-1, 1, -2), response(-1, 1, -2), response(-3, 1, -2), response(-3, 0, -2)]);
  assert.deepEqual((tied.trace.selected as Row[]).map(([mark]) => mark), [0, 0, 0, 1]);
  const twins = algorithm.loss([1, 1, 0, 0, 0, 0].map((advantage) => response(advantage - 2, advantage, -2)));
  assert.deepEqual((twins.trace.selected as Row[]).map(([mark]) => mark), [1, 1, 0, 0, 0, 0]);
  const silent = algorithm.loss([response(-1, 0, -2), response(-3, 0, -2)]);
  assert.ok(silent.gradient.every(([slope]) => slope === 0));
});
