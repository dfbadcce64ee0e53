import assert from "node:assert/strict";
import fc from "fast-check";
import { batch, evaluate } from "./_batches_test.ts";
import type { Credited } from "./algorithm.ts";
import { grpo } from "./grpo.ts";
import { gspo } from "./gspo.ts";
import { gspoToken } from "./gspo_token.ts";

const wide = { epsilonLow: 0.2, epsilonHigh: 0.28 };

Deno.test("gspo_token and gspo agree in value and gradient for one advantage per response", () => {
  for (const options of [{}, wide, { preset: "verl" }, { ...wide, beta: 0.1, aggregation: "token_mean" as const }]) {
    fc.assert(
      fc.property(batch, (responses) => {
        const own = evaluate(gspoToken.create(options), responses), other = evaluate(gspo.create(options), responses);
        assert.equal(own.loss, other.loss);
        own.gradient.forEach((row, i) =>
          row.forEach((value, t) => assert.ok(Math.abs(value - other.gradient[i][t]) <= 1e-12))
        );
      }),
      { numRuns: 50, seed: 12 },
    );
  }
});

Deno.test("with advantages of its own, a token's derivative is that of sg[s] · exp(logProb − sg[logProb])", () => {
  const rows = [[0.5, 1.5, 1], [-1, 0.4], [-0.7], [1.2, -0.3, 0.8, 0.1]];
  const logProbs = [[-1, -0.5, -2], [-0.5, -1.4], [-0.4], [-0.3, -1.5, -1, -2.5]];
  const oldLogProbs = [[-1.2, -0.35, -2.1], [-0.8, -1.6], [-0.5], [-0.25, -1.75, -0.9, -3]];
  const credited = rows.map((advantages, i): Credited => ({
    group: 0,
    tokens: advantages,
    rewards: {},
    truncated: false,
    logProbs: Float64Array.from(logProbs[i]),
    oldLogProbs: Float64Array.from(oldLogProbs[i]),
    advantages: Float64Array.from(advantages),
  }));
  const { loss, gradient } = gspoToken.create(wide).loss(credited);
  /** The paper's objective with every stop-gradient held at the log-probs above and one log-prob moved. */
  const objective = (shift: (i: number, t: number) => number) =>
    credited.reduce((total, { logProbs, oldLogProbs, advantages }, i) => {
      const s = Math.exp(logProbs.reduce((sum, value, t) => sum + value - oldLogProbs[t], 0) / logProbs.length);
      return total + advantages.reduce((sum, advantage, t) => {
            const ratio = s * Math.exp(shift(i, t));
            return sum - Math.min(ratio * advantage, Math.min(Math.max(ratio, 0.8), 1.28) * advantage);
          }, 0) / logProbs.length / credited.length;
    }, 0);
  assert.ok(Math.abs(loss - objective(() => 0)) < 1e-12);
  let stopped = 0;
  gradient.forEach((row, i) =>
    row.forEach((value, t) => {
      const at = (h: number) => objective((j, u) => j === i && u === t ? h : 0);
      assert.ok(Math.abs(value - (at(1e-5) - at(-1e-5)) / 2e-5) < 1e-9);
      if (value === 0) stopped++;
    })
  );
  assert.ok(stopped > 0 && stopped < rows.flat().length);
});

Deno.test("process supervision credits tokens as grpo does, and each keeps its own gradient", () => {
  const algorithm = gspoToken.create({ supervision: "process", ...wide });
  assert.equal(algorithm.needs.steps, true);
  let differing = 0;
  fc.assert(
    fc.property(batch, (responses) => {
      const { credited, gradient, trace } = evaluate(algorithm, responses);
      const other = grpo.create({ supervision: "process", beta: 0 }).credit(responses);
      assert.deepEqual(credited.map(({ advantages }) => advantages), other.advantages);
      const sequence = trace.sequenceRatio as Float64Array, clipped = trace.clipped as Float64Array[];
      const weight = trace.tokenWeight as Float64Array[];
      gradient.forEach((row, i) =>
        row.forEach((value, t) => {
          const expected = clipped[i][t] ? 0 : -weight[i][t] * sequence[i] * credited[i].advantages[t];
          assert.ok(Math.abs(value - expected) <= 1e-12);
          if (value !== 0 && value !== row[0]) differing++;
        })
      );
    }),
    { numRuns: 50, seed: 17 },
  );
  assert.ok(differing > 10);
  const message = /"rewardWeights" is set, but process supervision .* use supervision "outcome"/;
  assert.throws(() => gspoToken.create({ supervision: "process", rewardWeights: { accuracy: 1 } }), { message });
});
