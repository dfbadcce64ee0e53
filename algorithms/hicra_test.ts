import assert from "node:assert/strict";
import fc from "fast-check";
import { batch, evaluate } from "./_batches_test.ts";
import { type Credited, grpo, hicra } from "./mod.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

Deno.test("without amplification hicra is grpo with the same options", () => {
  fc.assert(
    fc.property(batch, (responses) => {
      const options = { scale: "none", epsilonHigh: 0.28, beta: 0, aggregation: "token_mean" } as const;
      const unmarked = responses.map(({ planning: _, ...response }) => response);
      const [own, plain] = [hicra.create({ alpha: 0 }), grpo.create(options)].map((one) => evaluate(one, unmarked));
      assert.equal(own.loss, plain.loss);
      assert.deepEqual(own.gradient, plain.gradient);
      assert.deepEqual(own.credited, plain.credited);
    }),
    { numRuns: 50, seed: 1 },
  );
});

Deno.test("a planning mask is needed only where something is added", () => {
  assert.equal(hicra.create().needs.planning, true);
  assert.equal(hicra.create({ alpha: 0 }).needs.planning, false);
  const logProbs = Float64Array.of(-1);
  const response = { group: 0, tokens: [1], rewards: { total: 1 }, truncated: false, logProbs, oldLogProbs: logProbs };
  assert.throws(() => hicra.create().credit([response]), /Response 0 has no planning mask/);
});

Deno.test("on policy the gradient of a planning token is 1.2 of the credit and 0.8 of the blame", () => {
  const logProbs = Float64Array.of(-1, -1);
  const plain = { group: 0, tokens: [1, 2], planning: [1, 0], truncated: false, logProbs, oldLogProbs: logProbs };
  const responses = [1, 0].map((total) => ({ ...plain, rewards: { total } }));
  const { gradient, credited } = evaluate(hicra.create(), responses);
  const ratios = gradient.map(([planning, other]) => planning / other);
  assert.deepEqual(ratios.map((ratio) => Math.round(ratio * 1e12) / 1e12), [1.2, 0.8]);
  assert.deepEqual(credited.map(({ advantages }: Credited) => advantages[1]), [0.5, -0.5]);
});
