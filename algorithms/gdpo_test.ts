import assert from "node:assert/strict";
import fc from "fast-check";
import { type Algorithm, gdpo, type GdpoOptions, grpo, type Response } from "./mod.ts";
import { evaluate, finiteDifference, response } from "./_batches_test.ts";

fc.configureGlobal({ seed: 20261120 });

const reward = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1) },
  { weight: 3, arbitrary: fc.integer({ min: -20, max: 20 }).map((value) => value / 10) },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** Responses with three channels, each of which may be missing. */
const batch: fc.Arbitrary<Response[]> = fc.array(
  fc.tuple(response, fc.record({ accuracy: reward, format: reward, length: reward })),
  { minLength: 1, maxLength: 8 },
).map((pairs) => pairs.map(([one, rewards]) => ({ ...one, rewards })));

const rewardWeights = { accuracy: 1, format: 0.5, length: 0.25 };
const conditions = { length: { on: "accuracy", atLeast: 1 } };
const configured: [string, Algorithm][] = [
  {},
  { missing: "zero", rewardWeights },
  { conditions, beta: 0.1 },
  { preset: "verl", rewardWeights, conditions },
  { preset: "nemo_loo" },
].map((options) => [JSON.stringify(options), gdpo.create(options as GdpoOptions)]);

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12) => {
  assert.equal(actual.length, expected.length);
  Array.from(actual).forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= tolerance, `${value}`));
};

for (const [name, algorithm] of configured) {
  Deno.test(`gdpo ${name}: several channels, in any order, give finite numbers and the right derivative`, () => {
    fc.assert(
      fc.property(batch, fc.nat(), (responses, turn) => {
        const outcome = evaluate(algorithm, responses);
        const numbers = [outcome.loss, ...outcome.gradient.flatMap((row) => [...row])];
        assert.ok([...numbers, ...Object.values(algorithm.credit(responses).metrics)].every(Number.isFinite));
        outcome.gradient.forEach((row, i) =>
          row.forEach((value, t) => {
            const expected = finiteDifference(algorithm, outcome, i, t);
            assert.ok(expected === null || Math.abs(value - expected) <= 1e-7, `${value} is not ${expected}`);
          })
        );
        const order = responses.map((_, i) => (i + turn) % responses.length).reverse();
        const permuted = evaluate(algorithm, order.map((i) => responses[i]));
        order.forEach((from, to) => close(permuted.gradient[to], outcome.gradient[from], 1e-9));
      }),
      { numRuns: 25, seed: 1 },
    );
  });
}

Deno.test("gdpo: a group whose rewards are equal in every channel learns exactly nothing", () => {
  for (const options of [{}, { preset: "trl" }, { preset: "nemo" }]) {
    const algorithm = gdpo.create({ ...options, rewardWeights });
    fc.assert(
      fc.property(batch, fc.record({ accuracy: reward, format: reward, length: reward }), (responses, rewards) => {
        const mixed = responses.map((one) => one.group === 0 ? { ...one, rewards } : one);
        const { credited } = evaluate(algorithm, mixed);
        const same = credited.filter(({ group }) => group === 0);
        assert.ok(same.every(({ advantages }) => advantages.every((value) => value === 0)));
      }),
      { numRuns: 50, seed: 2 },
    );
  }
});

const table = (rows: (number | null)[][], groups: number[] = []) =>
  rows.map(([a, b], i): Response => ({
    group: groups[i] ?? 0,
    tokens: [0],
    rewards: { a, b },
    truncated: false,
    logProbs: Float64Array.of(-1),
    oldLogProbs: Float64Array.of(-1),
  }));
const advantages = (algorithm: Algorithm, responses: Response[]) =>
  algorithm.credit(responses).advantages.map(([value]) => value);

Deno.test("gdpo tells combinations of rewards apart that GRPO does not", () => {
  const apart = (rows: number[][]) => advantages(gdpo.create({ whitenLevel: "none" }), table(rows))[1];
  const summed = (rows: number[][]) => advantages(grpo.create({ ddof: 1 }), table(rows))[1];
  const [one, both] = [[[0, 0], [0, 1]], [[0, 0], [1, 1]]];
  close([apart(one), apart(both)], [Math.SQRT1_2, Math.SQRT2]);
  close([summed(one), summed(both)], [Math.SQRT1_2, Math.SQRT1_2]);
});

Deno.test("gdpo with one channel is GRPO, standardised once more over the batch", () => {
  const rows = [[1, null], [0, null], [0, null], [4, null], [2, null], [3, null]], groups = [0, 0, 0, 1, 1, 1];
  const plain = advantages(grpo.create({ ddof: 1 }), table(rows, groups));
  const std = Math.sqrt(plain.reduce((sum, value) => sum + value ** 2, 0) / 5);
  close(advantages(gdpo.create(), table(rows, groups)), plain.map((value) => value / std));
});

Deno.test("gdpo: a missing reward is left out of its channel, or counts as 0", () => {
  const rows = [[1, null], [0, 1], [null, null], [1, 0]];
  const [first, , none] = advantages(gdpo.create(), table(rows));
  assert.ok(first > 0 && none === 0);
  close(
    advantages(gdpo.create({ missing: "zero" }), table(rows)),
    advantages(gdpo.create(), table([[1, 0], [0, 1], [0, 0], [1, 0]])),
  );
});

Deno.test("gdpo asks for the channels that its options name", () => {
  assert.deepEqual(gdpo.create().needs, { groupSize: 2, reference: false });
  assert.deepEqual(gdpo.create({ rewardWeights, conditions }).needs.channels, ["accuracy", "format", "length"]);
  assert.deepEqual(gdpo.create({ conditions }).needs.channels, ["length", "accuracy"]);
});

Deno.test("gdpo refuses options that contradict each other", () => {
  const refused: [GdpoOptions, RegExp][] = [
    [{ whitenLevel: "none", whitenEpsilon: 1 }, /option "whitenEpsilon" is set, but whitenLevel is "none"; .* use/],
    [{ conditions, rewardWeights: { accuracy: 1 } }, /option "conditions" names "length", which has no weight; add it/],
    [{ conditions: { length: { on: "accuracy" } } as never }, /use an object from channel to condition, such as/],
  ];
  for (const [options, message] of refused) assert.throws(() => gdpo.create(options), message);
});
