import assert from "node:assert/strict";
import { grpo, type GrpoOptions } from "./mod.ts";

Deno.test("grpo asks for steps under process supervision and for a fresh reference in the iterative form", () => {
  const needs = (options: GrpoOptions) => grpo.create(options).needs;
  assert.deepEqual(needs({}), { groupSize: 2, reference: true });
  assert.deepEqual(needs({ supervision: "process", beta: 0 }), { groupSize: 2, reference: false, steps: true });
  assert.deepEqual(needs({ refreshReferenceEvery: 400 }), {
    groupSize: 2,
    reference: true,
    refreshReferenceEvery: 400,
  });
});

Deno.test("grpo refuses process supervision of a channel, and to refresh a reference that is not there", () => {
  const refused: [GrpoOptions, RegExp][] = [
    [{ supervision: "process", rewardWeights: { accuracy: 1 } }, /"rewardWeights" is set, but process supervision/],
    [{ preset: "trl", refreshReferenceEvery: 8 }, /option "refreshReferenceEvery" is 8, but beta is 0 .* beta greater/],
    [{ refreshReferenceEvery: 0 }, /option "refreshReferenceEvery" is 0; use a whole number of at least 1, or null/],
  ];
  for (const [options, message] of refused) assert.throws(() => grpo.create(options), message);
});

Deno.test("grpo: a step's reward reaches the tokens up to its end, and the loss takes it from there", () => {
  const logProbs = new Float64Array(3).fill(-1);
  const response = { group: 0, tokens: [1, 2, 3], rewards: {}, truncated: false, logProbs, oldLogProbs: logProbs };
  const batch = [[0, 1], [2, 0]].map(([end, reward]) => ({ ...response, steps: [{ end, reward }] }));
  const algorithm = grpo.create({ supervision: "process", beta: 0 });
  const { advantages } = algorithm.credit(batch);
  assert.deepEqual(advantages.map((row) => [...row]), [[1, 0, 0], [-1, -1, -1]]);
  const { gradient } = algorithm.loss(batch.map((part, i) => ({ ...part, advantages: advantages[i] })));
  assert.deepEqual(gradient.map((row) => [...row].map((value) => Math.round(6 * value))), [[-1, 0, 0], [1, 1, 1]]);
});
