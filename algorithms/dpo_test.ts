import assert from "node:assert/strict";
import fc from "fast-check";
import { batch, evaluate, finiteDifference } from "./_batches_test.ts";
import type { Response } from "./algorithm.ts";
import { dpo } from "./dpo.ts";

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

/** A response with this reward and these log-ratios to the reference. */
const response = (group: number, total: number | null, logRatios: number[]): Response => {
  const logProbs = Float64Array.from(logRatios, (_, t) => -1 - t);
  return {
    group,
    tokens: logRatios.map((_, t) => 10 * group + t),
    rewards: { total },
    truncated: false,
    logProbs,
    oldLogProbs: logProbs,
    referenceLogProbs: logProbs.map((value, t) => value - logRatios[t]),
  };
};
const groups = [
  response(4, 0.5, [9, 9]),
  response(4, 2, [0.3, -0.1]),
  response(5, 1, [1]),
  response(4, -1, [0.5, 0.2, 0.1]),
  response(5, null, [7]),
  response(5, 0, [-0.4, 0.2]),
  response(6, 1, [1]),
  response(6, 1, [2]),
];

Deno.test("dpo: the gradient is −β σ(−βΔ) on every token of the chosen, its opposite on the rejected, 0 elsewhere", () => {
  const { gradient, loss, metrics, trace } = evaluate(dpo.create({ beta: 0.5 }), groups);
  const deltas = [0.2 - 0.8, 1 + 0.2], s = (x: number) => 1 / (1 + Math.exp(-x));
  deltas.forEach((delta, p) => close((trace.difference as Float64Array)[p], delta));
  close(loss, -(Math.log(s(-0.3)) + Math.log(s(0.6))) / 2);
  const weight = [0, -s(0.3), -s(-0.6), s(0.3), 0, s(-0.6), 0, 0];
  gradient.forEach((row, i) => row.forEach((value) => close(value, weight[i] * 0.5 / 2)));
  close(metrics.rewardMargin, (-0.3 + 0.6) / 2);
  assert.equal(metrics.rewardAccuracy, 0.5);
});

Deno.test("dpo: far from the reference, the gradient agrees with finite differences", () => {
  for (
    const options of [{ beta: 3 }, { beta: 1, loss: "robust", labelSmoothing: 0.3 }, { preset: "trl_ipo" }] as const
  ) {
    const algorithm = dpo.create(options);
    fc.assert(
      fc.property(batch, (responses) => {
        const outcome = evaluate(algorithm, responses);
        outcome.gradient.forEach((row, i) =>
          row.forEach((value, t) => {
            const expected = responses[i].mask?.[t] === 0 ? 0 : finiteDifference(algorithm, outcome, i, t);
            if (expected !== null) close(value, expected, 1e-7);
          })
        );
      }),
      { numRuns: 25, seed: 30 },
    );
  }
});

Deno.test("dpo: credit is +1 for the best, −1 for the worst, 0 for the rest; a tie everywhere is no signal", () => {
  const { advantages, metrics } = dpo.create().credit(groups);
  assert.deepEqual(advantages.map((row) => row[0]), [0, 1, 1, -1, 0, -1, 0, 0]);
  close(metrics.groupsWithoutSignal, 1 / 3);
});

Deno.test("dpo: with mean log-ratios a response counts the same however long it is", () => {
  const { trace, gradient } = evaluate(dpo.create({ preset: "trl_ipo" }), groups);
  close((trace.difference as Float64Array)[0], 0.1 - 0.8 / 3);
  const sums = gradient.map((row) => row.reduce((sum, value) => sum + value, 0));
  close(sums[1], -sums[3]);
  close(sums[1], 2 * (0.1 - 0.8 / 3 - 5) / 2);
});

Deno.test("dpo: at the reference every loss but ipo pulls with β/2 per token, whatever the rewards", () => {
  const [best, worst] = [response(0, 9, [0, 0]), response(0, 8.9, [0])];
  for (const options of [{}, { loss: "robust", labelSmoothing: 0.2 } as const]) {
    const { gradient } = evaluate(dpo.create({ beta: 0.4, ...options }), [best, worst]);
    close(gradient[0][0], options.loss ? -0.2 / 0.6 : -0.2);
    close(gradient[1][0], -gradient[0][0]);
  }
});

Deno.test("dpo: responses without chosen tokens are in no pair, and a batch without pairs has loss 0", () => {
  const empty = [
    response(0, 5, []),
    { ...response(0, -5, [1]), mask: [0] },
    response(0, 1, [0.5]),
    response(0, 0, [0]),
  ];
  const { credited, loss, metrics, gradient } = evaluate(dpo.create(), empty.slice(0, 3));
  assert.deepEqual([loss, metrics.rewardMargin, metrics.rewardAccuracy], [0, 0, 0]);
  assert.ok([...gradient, ...credited.map(({ advantages }) => advantages)].every((row) => row.every((v) => v === 0)));
  assert.deepEqual(dpo.create().credit(empty).advantages.map((row) => row[0] ?? 0), [0, 0, 1, -1]);
});

Deno.test("dpo: a batch is the mean of its groups, weighted by pairs", () => {
  fc.assert(
    fc.property(batch, (responses) => {
      const algorithm = dpo.create(), whole = evaluate(algorithm, responses);
      let loss = 0, pairs = 0;
      for (const group of new Set(responses.map((one) => one.group))) {
        const part = algorithm.loss(whole.credited.filter((one) => one.group === group));
        const own = (part.trace.margin as Float64Array).length;
        loss += part.loss * own;
        pairs += own;
      }
      close(pairs === 0 ? 0 : loss / pairs, whole.loss);
    }),
    { numRuns: 40, seed: 31 },
  );
});

Deno.test("dpo refuses label smoothing that does nothing or turns the labels round", () => {
  assert.throws(() => dpo.create({ loss: "ipo", labelSmoothing: 0.1 }), /which loss "ipo" does not use; leave it out/);
  assert.throws(() => dpo.create({ labelSmoothing: 0.5 }), /is 0.5; use a number of at least 0 and below 0.5/);
  assert.throws(() => dpo.create({ beta: 0 }), /option "beta" is 0; use a number greater than 0/);
});
