import assert from "node:assert/strict";
import fc from "fast-check";
import { type Algorithm, srGrpo, type SrGrpoOptions } from "./mod.ts";
import { batch, evaluate, finiteDifference } from "./_batches_test.ts";

fc.configureGlobal({ seed: 20261120 });

/** The same algorithm with what the stop-gradient hides put back: −A · (exp(logp − logp at the start) − 1). */
function withRatioToItself(algorithm: Algorithm, start: readonly { logProbs: Float64Array }[]): Algorithm {
  return {
    ...algorithm,
    loss: (credited) => {
      const result = algorithm.loss(credited);
      const weights = result.trace.tokenWeight as Float64Array[];
      let loss = result.loss;
      credited.forEach(({ logProbs, advantages }, i) =>
        logProbs.forEach((logProb, t) => {
          loss -= weights[i][t] * advantages[t] * Math.expm1(logProb - start[i].logProbs[t]);
        })
      );
      return { ...result, loss };
    },
  };
}

for (const options of [{ beta: 0.1 }, { preset: "code" }, { preset: "code", beta: 0, aggregation: "token_mean" }]) {
  Deno.test(`sr_grpo ${JSON.stringify(options)}: the gradient agrees with finite differences`, () => {
    const algorithm = srGrpo.create(options as SrGrpoOptions);
    let compared = 0;
    fc.assert(
      fc.property(batch, (responses) => {
        const outcome = evaluate(algorithm, responses);
        const moving = "preset" in options ? withRatioToItself(algorithm, responses) : algorithm;
        outcome.gradient.forEach((row, i) =>
          row.forEach((value, t) => {
            const expected = finiteDifference(moving, outcome, i, t);
            if (expected === null) return;
            compared++;
            assert.ok(Math.abs(value - expected) <= 1e-7, `${value} is not ${expected}`);
          })
        );
      }),
      { numRuns: 25, seed: 1 },
    );
    assert.ok(compared > 50);
  });
}

const logProbs = Float64Array.of(-1);
const rewarded = (rewards: number[], group = 0) =>
  rewards.map((total) => ({
    group,
    tokens: [5],
    rewards: { total },
    truncated: false,
    logProbs,
    oldLogProbs: logProbs,
  }));

Deno.test("sr_grpo pushes right and wrong answers equally, and equal rewards are not zero", () => {
  const { gradient } = evaluate(srGrpo.create({ beta: 0 }), rewarded([1, 0, 0, 0]));
  assert.ok(gradient.every(([value]) => value < 0 && value === gradient[0][0]));
  const { advantages, metrics } = srGrpo.create().credit(rewarded([1, 1]));
  assert.deepEqual([advantages.map(([value]) => value), metrics.groupsWithoutSignal], [[1, 1], 0]);
});

Deno.test("sr_grpo records mean and Bessel-corrected standard deviation of the soft advantages", () => {
  const { metrics } = srGrpo.create().credit([...rewarded([1, 1]), ...rewarded([3, 3], 1)]);
  assert.equal(metrics.soft_advantage_mean, 2);
  assert.ok(Math.abs(metrics.soft_advantage_std - Math.sqrt(4 / 3)) < 1e-15);
});

Deno.test("sr_grpo: the code ignores the old policy and never clips", () => {
  const { advantages } = srGrpo.create({ preset: "code", beta: 0 }).credit(rewarded([1, 0]));
  const off = rewarded([1, 0]).map((response, i) => ({
    ...response,
    oldLogProbs: Float64Array.of(-3),
    advantages: advantages[i],
  }));
  const slope = (options: SrGrpoOptions) => srGrpo.create({ ...options, beta: 0 }).loss(off).gradient[0][0];
  assert.equal(slope({ preset: "code" }), -advantages[0][0] / 2);
  assert.equal(slope({}), 0);
  assert.equal(slope({ surrogate: "detached" }), slope({ preset: "code" }));
});

Deno.test("sr_grpo refuses a clip without a ratio", () => {
  const message = /option "dualClip" is set, but surrogate "detached" has no ratio to clip; .* "token_clip"/;
  assert.throws(() => srGrpo.create({ preset: "code", dualClip: 3 }), message);
  assert.throws(() => srGrpo.create({ tau: 0 }), /option "tau" is 0; use a number greater than 0/);
});
