import assert from "node:assert/strict";
import { algorithms, type Credit, type Response } from "./mod.ts";
import { ppo } from "./ppo.ts";

const row = (...values: number[]) => Float64Array.from(values);

/** A response with these values, on policy, and with one reference log-prob on all tokens. */
function response(group: number, total: number | null, values: number[], reference = -1): Response {
  const length = values.length, logProbs = new Float64Array(length).fill(-1);
  return {
    group,
    tokens: values.map((_, t) => t),
    rewards: { total },
    truncated: false,
    logProbs,
    oldLogProbs: logProbs,
    referenceLogProbs: new Float64Array(length).fill(reference),
    values: Float64Array.from(values),
    oldValues: Float64Array.from(values),
  };
}

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  assert.equal(actual.length, expected.length);
  Array.from(expected, (value, i) => assert.ok(Math.abs(actual[i] - value) < 1e-12, `${actual} is not ${expected}`));
};

Deno.test("ppo asks for a critic with an optimizer of its own, for single responses, and for a reference if there is KL", () => {
  const needs = (options: object) => ppo.create(options).needs;
  assert.deepEqual(needs({}), { groupSize: 1, critic: { learningRateFactor: 10 }, reference: true });
  assert.equal(needs({ rewardBeta: 0 }).reference, false);
  assert.equal(needs({ rewardBeta: 0, beta: 0.1 }).reference, true);
  assert.equal(needs({ preset: "verl" }).reference, false);
  assert.equal(needs({ criticLearningRateFactor: 3 }).critic?.learningRateFactor, 3);
});

Deno.test("the critic's targets are taken before the advantages are whitened", () => {
  const batch = [response(0, 1, [0.5, 0.25]), response(1, 0, [0.5, 0.125])];
  const plain = ppo.create({ preset: "verl", whiten: false }).credit(batch);
  const whitened = ppo.create({ preset: "verl" }).credit(batch);
  assert.deepEqual(plain.advantages, [row(0.5, 0.75), row(-0.5, -0.125)]);
  assert.deepEqual(plain.returns, [row(1, 1), row(0, 0)]);
  assert.deepEqual(whitened.returns, plain.returns);
  const all = plain.advantages.flatMap((part) => [...part]), centre = all.reduce((sum, value) => sum + value) / 4;
  const variance = all.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 3;
  close(
    whitened.advantages.flatMap((part) => [...part]),
    all.map((value) => (value - centre) / Math.sqrt(variance + 1e-8)),
  );
});

Deno.test("the KL is part of each token's reward, the outcome of the last token that the policy chose", () => {
  const tool: Response = { ...response(0, 2, [0, 0, 0, 0], -1.5), mask: [1, 0, 1, 0] };
  const { trace, metrics } = ppo.create({ rewardBeta: 0.1 }).credit([tool]);
  assert.deepEqual(trace?.tokenRewards, [row(-0.05, 0, 1.95, 0)]);
  assert.equal(metrics.klCoefficient, 0.1);
  const { returns, advantages } = ppo.create({ rewardBeta: 0.1, lambda: 1, whiten: false }).credit([tool]);
  close(advantages[0], [1.9, 0, 1.95, 0]);
  close(returns![0], [1.9, 0, 1.95, 0]);
});

Deno.test("tool output has no advantage, no return and no value gradient, and credit passes over it", () => {
  const discounts = { preset: "verl", lambda: 0.9, gamma: 0.8, whiten: false, valueClip: 10 };
  const algorithm = ppo.create(discounts);
  const plain = response(0, 1, [0.5, 0.25]);
  const tool: Response = { ...response(0, 1, [0.5, 9, -7, 0.25]), mask: [1, 0, 0, 1] };
  const run = (one: Response) => {
    const { advantages: [advantages], returns } = algorithm.credit([one]);
    return { advantages, returns: returns![0], ...algorithm.loss([{ ...one, advantages, returns: returns![0] }]) };
  };
  const without = run(plain), withTool = run(tool), spread = (part: Float64Array) => row(part[0], 0, 0, part[1]);
  assert.deepEqual(withTool.advantages, spread(without.advantages));
  assert.deepEqual(withTool.returns, spread(without.returns));
  assert.deepEqual(withTool.valueGradient, without.valueGradient!.map(spread));
  assert.deepEqual(withTool.gradient, without.gradient.map(spread));
  assert.equal(withTool.loss, without.loss);
});

Deno.test("a response without reward teaches neither policy nor critic", () => {
  const algorithm = ppo.create({ rewardBeta: 0 });
  const batch = [response(0, 1, [0.5, 0]), response(1, null, [3, 3]), response(2, 0, [0.5, 1])];
  const { advantages, returns } = algorithm.credit(batch);
  assert.deepEqual([advantages[1], returns![1]], [row(0, 0), row(0, 0)]);
  const { gradient, valueGradient } = algorithm.loss(
    batch.map((one, i) => ({ ...one, advantages: advantages[i], returns: returns![i] })),
  );
  assert.ok([gradient[1], valueGradient![1]].every((part) => part.every((value) => value === 0)));
  assert.ok(valueGradient![0].every((value) => value !== 0));
});

Deno.test("the loss is the policy's plus vfCoef times the critic's, and so is its gradient", () => {
  const batch = [response(0, 1, [0.5, 0.25]), response(1, 0, [0.5, 0.125])];
  const run = (vfCoef: number) => {
    const algorithm = ppo.create({ rewardBeta: 0, lambda: 1, vfCoef });
    const { advantages, returns } = algorithm.credit(batch);
    return algorithm.loss(batch.map((one, i) => ({ ...one, advantages: advantages[i], returns: returns![i] })));
  };
  const { loss, metrics, valueGradient, trace } = run(0.5);
  assert.equal(loss, metrics.policyLoss + 0.5 * metrics.valueLoss);
  close([metrics.valueLoss], [(0.25 + 0.5625 + 0.25 + 0.015625) / 8]);
  close(valueGradient![0], [-0.5 / 8, -0.75 / 8]);
  assert.deepEqual(trace.valueSlope, run(1).valueGradient);
});

Deno.test("the coefficient follows its target through the state, which survives being saved", () => {
  const algorithm = ppo.create({ preset: "ziegler", klTarget: 1, klHorizon: 100 });
  const near = [response(0, 1, [0, 0], -1.1), response(1, 0, [0, 0], -1.1)];
  const far = near.map((one) => ({ ...one, referenceLogProbs: row(-5, -5) }));
  const after = (credit: Credit): unknown => JSON.parse(JSON.stringify(credit.state));
  const first = algorithm.credit(near), second = algorithm.credit(far, after(first));
  assert.equal(first.metrics.klCoefficient, 0.15);
  assert.deepEqual(after(first), { klCoefficient: 0.15 * (1 - 0.2 * 2 / 100) });
  assert.equal(second.metrics.klCoefficient, 0.15 * (1 - 0.2 * 2 / 100));
  assert.deepEqual(after(second), { klCoefficient: second.metrics.klCoefficient * (1 + 0.2 * 2 / 100) });
  assert.deepEqual(algorithm.credit(far, after(first)), second);
  assert.equal(ppo.create().credit(near).state, undefined);
});

Deno.test("scaling token rewards keeps their mean", () => {
  const batch = [response(0, 1, [0, 0]), response(1, -2, [0, 0])];
  const algorithm = ppo.create({ rewardBeta: 0, whitenRewards: true, varianceEpsilon: 0 });
  const rewards = (algorithm.credit(batch).trace!.tokenRewards as Float64Array[]).flatMap((part) => [...part]);
  const centre = -0.25, std = Math.sqrt((2 * 0.25 ** 2 + 1.25 ** 2 + 1.75 ** 2) / 3);
  close(rewards, [0, 1, 0, -2].map((value) => (value - centre) / std + centre));
});

Deno.test("what is missing or contradicts itself is said in one sentence", () => {
  const { oldValues: _, ...without } = response(0, 1, [0, 0]);
  assert.throws(() => ppo.create().credit([without]), {
    name: "TypeError",
    message: "Response 0 has 2 tokens and no oldValues; a critic must give one for each",
  });
  assert.throws(() => ppo.create().credit([{ ...without, oldValues: row(1) }]), /2 tokens and 1 oldValues/);
  const refused: [object, RegExp][] = [
    [{ beta: 0.1 }, /"beta" \(0.1\) and "rewardBeta" \(0.02\) both pay .* set one of them to 0$/],
    [{ gamma: 1.1 }, /option "gamma" is 1.1; use a number from 0 to 1$/],
    [{ klTarget: 6, rewardBeta: 0 }, /"klTarget" is 6, but rewardBeta is 0 .* greater than 0$/],
    [{ klHorizon: 10 }, /"klHorizon" is set, but rewardBeta is fixed; leave it out or set klTarget$/],
    [{ whiten: false, ddof: 0 }, /"ddof" is set, but nothing is whitened; leave it out or use whiten true$/],
    [{ valueClip: 0 }, /"valueClip" is 0; use a number greater than 0, or null$/],
  ];
  for (const [options, message] of refused) assert.throws(() => algorithms.ppo.create(options), message);
});
