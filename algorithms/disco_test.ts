import assert from "node:assert/strict";
import fc from "fast-check";
import { batch, evaluate, finiteDifference } from "./_batches_test.ts";
import type { Response } from "./algorithm.ts";
import { disco, type DiscoOptions } from "./disco.ts";

/** Random batches whose rewards are 0, 1 or neither. */
const binary = batch.map((responses) =>
  responses.map((response, i): Response => ({ ...response, rewards: { total: [0, 1, 0, 1, 0.5, 1, null, 0][i] } }))
);
const forms: DiscoOptions[] = [
  {},
  { score: "likelihood_ratio" },
  { objective: "mean", kl: "k3" },
  { tau: 0.2, kl: "k3", delta: 0.01 },
  { objective: "mean", score: "likelihood_ratio", beta: 0 },
];
const check = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void, seed: number) =>
  fc.assert(fc.property(arbitrary, property), { numRuns: 40, seed });
const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
const single = (total: number, logProb: number, old = logProb): Response => ({
  group: 0,
  tokens: [0],
  rewards: { total },
  truncated: false,
  logProbs: Float64Array.of(logProb),
  oldLogProbs: Float64Array.of(old),
});

for (const options of forms) {
  Deno.test(`disco ${JSON.stringify(options)}: the gradient agrees with finite differences`, () => {
    const algorithm = disco.create(options);
    let compared = 0, active = 0;
    check(binary, (responses) => {
      const outcome = evaluate(algorithm, responses);
      active += outcome.metrics.constraintActive;
      outcome.credited.forEach((response, i) =>
        response.logProbs.forEach((_, t) => {
          const expected = response.mask?.[t] === 0 ? 0 : finiteDifference(algorithm, outcome, i, t);
          if (expected === null) return;
          if (expected !== 0) compared++;
          close(outcome.gradient[i][t], expected, 1e-7);
        })
      );
    }, 11);
    assert.ok(compared > 100 && (active > 5 || options.beta === 0), `${compared} compared, ${active} active`);
  });

  Deno.test(`disco ${JSON.stringify(options)}: preset code takes half the gradient of the penalty`, () => {
    const { tau: _tau, beta = 1e3, ...rest } = options;
    const given = options.tau === undefined ? rest : { ...rest, tau: options.tau };
    const free = { ...given };
    for (const name of ["delta", "kl", "penalty"] as const) delete free[name];
    const [code, paper, unconstrained] = [{ ...given, beta, preset: "code" }, { ...given, beta }, { ...free, beta: 0 }]
      .map((each) => disco.create(each));
    check(binary, (responses) => {
      const rows = [code, paper, unconstrained].map((algorithm) => evaluate(algorithm, responses).gradient);
      rows[0].forEach((row, i) =>
        row.forEach((value, t) =>
          close(value, (rows[1][i][t] + rows[2][i][t]) / 2, 1e-6 * Math.max(1, Math.abs(value)))
        )
      );
    }, 12);
  });
}

Deno.test("disco: a large tau gives DisCO-b, a small one the hardest negative", () => {
  check(binary, (responses) => {
    const gradient = (options: DiscoOptions, of = responses) =>
      evaluate(disco.create({ beta: 0, ...options }), of).gradient;
    const mean = gradient({ objective: "mean" });
    gradient({ tau: 1e9 }).forEach((row, i) => row.forEach((value, t) => close(value, mean[i][t], 1e-7)));
    const hardest = disco.create({ beta: 0, tau: 1e-6 }), { trace, credited } = evaluate(hardest, responses);
    for (const group of new Set(responses.map((response) => response.group))) {
      const negatives = credited.map((response, i) => ({ response, i })).filter(({ response }) =>
        response.group === group && response.advantages.some((value) => value < 0)
      );
      const scores = negatives.map(({ i }) => (trace.scores as Float64Array)[i]);
      negatives.forEach(({ i }, j) =>
        close((trace.negativeSoftmax as Float64Array)[i], scores[j] === Math.max(...scores) ? 1 : 0, 1e-6)
      );
    }
  }, 13);
});

Deno.test("disco: on policy the constraint is inert; it acts once the new policy is further off than delta", () => {
  const algorithm = disco.create();
  const onPolicy = evaluate(algorithm, [single(1, -1), single(0, -2)]);
  assert.deepEqual([onPolicy.metrics.constraintActive, onPolicy.metrics.constraintKl], [0, 0]);
  assert.deepEqual(onPolicy.gradient.map((row) => [...row]), [[-1], [1]]);
  const away = evaluate(algorithm, [single(1, -1.1, -1), single(0, -2.1, -2)]);
  assert.equal(away.metrics.constraintActive, 1);
  assert.deepEqual([algorithm.needs.minibatches, disco.create({ beta: 0 }).needs.minibatches], [2, 1]);
});

Deno.test("disco: every question weighs the same, however easy, and the sum is divided by all of them", () => {
  const question = (group: number, rewards: number[]) => rewards.map((total) => ({ ...single(total, -1), group }));
  const { gradient } = evaluate(disco.create({ objective: "mean" }), [
    ...question(1, [1, 0, 0, 0]),
    ...question(2, [1, 1, 1, 0]),
    ...question(3, [1, 1]),
    ...question(4, [0.5, 1]),
  ]);
  const weights = gradient.map((row) => row[0] * 4);
  const expected = [-1, 1 / 3, 1 / 3, 1 / 3, -1 / 3, -1 / 3, -1 / 3, 1, 0, 0, 0, 0];
  weights.forEach((weight, i) => close(weight, expected[i], 1e-12));
});

Deno.test("disco: rewards other than 0 and 1 teach nothing, and rewardWeights choose the channel", () => {
  const { advantages, metrics } = disco.create().credit([single(0.999, -1), single(0, -1), single(-1, -1)]);
  assert.deepEqual(advantages.map((row) => row[0]), [0, 0, 0]);
  assert.equal(metrics.groupsWithoutSignal, 1);
  const channels = [{ accuracy: 1, format: 0.5 }, { accuracy: 0, format: 0.5 }].map((rewards) => ({
    ...single(0, -1),
    rewards,
  }));
  assert.deepEqual(disco.create().credit(channels).advantages.map((row) => row[0]), [0, 0]);
  const chosen = disco.create({ rewardWeights: { accuracy: 1 } }).credit(channels);
  assert.deepEqual(chosen.advantages.map((row) => row[0]), [1, -1]);
});

Deno.test("disco: scores of minus thousands and one wild ratio stay finite", () => {
  for (const score of ["log_likelihood", "likelihood_ratio"] as const) {
    const { loss, gradient } = evaluate(disco.create({ score, tau: 1e-3, kl: "k3" }), [
      single(1, -3000, -1),
      single(0, -1, -300),
      single(0, -4000),
    ]);
    assert.ok([loss, ...gradient.flatMap((row) => [...row])].every(Number.isFinite));
  }
});

Deno.test("disco refuses options that do nothing", () => {
  assert.throws(() => disco.create({ objective: "mean", tau: 1 }), /^RangeError: disco: option "tau" is set, but obj/);
  assert.throws(() => disco.create({ beta: 0, delta: 1 }), /option "delta" is set, but beta is 0; leave it out or use/);
  assert.throws(() => disco.create({ tau: 0 }), /option "tau" is 0; use a number greater than 0, or null/);
});
