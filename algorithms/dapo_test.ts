import assert from "node:assert/strict";
import fc from "fast-check";
import { batch, evaluate } from "./_batches_test.ts";
import type { Response } from "./algorithm.ts";
import { dapo } from "./dapo.ts";
import { grpo } from "./grpo.ts";
import { softOverlong } from "./terms/overlong.ts";

/** Every part switched off. */
const off = {
  dynamicSampling: false,
  signedReward: false,
  overlongPenalty: 0,
  epsilonHigh: 0.2,
  aggregation: "seq_mean_token_mean",
} as const;

/** The same responses with accuracy 0 or 1, graded by the sign of their reward, and a budget of 5 tokens. */
const graded = (responses: readonly Response[]): Response[] =>
  responses.map(({ rewards: { total }, ...response }) => ({
    ...response,
    budget: 5,
    rewards: { accuracy: total === null ? null : total > 0 ? 1 : 0 },
  }));

/** Runs `compare` on random batches. */
const always = (compare: (responses: Response[]) => void) =>
  fc.assert(fc.property(batch, (responses) => compare(graded(responses))), { numRuns: 50, seed: 11 });

function same(responses: Response[], options: object, grpoOptions: object, asGrpoSees = responses) {
  const own = evaluate(dapo.create(options), responses);
  const other = evaluate(grpo.create({ beta: 0, ...grpoOptions }), asGrpoSees);
  assert.equal(own.loss, other.loss);
  assert.deepEqual(own.gradient, other.gradient);
  assert.deepEqual(own.metrics, other.metrics);
}

Deno.test("dapo with every part off is grpo without KL", () => always((responses) => same(responses, off, {})));

Deno.test("Clip-Higher is grpo with another upper epsilon", () =>
  always((responses) => same(responses, { ...off, epsilonHigh: undefined }, { epsilonHigh: 0.28 })));

Deno.test("the token-level loss is grpo with another aggregation", () =>
  always((responses) => {
    same(responses, { ...off, aggregation: undefined }, { aggregation: "token_mean_per_group" });
    same(responses, { ...off, aggregation: "token_mean" }, { aggregation: "token_mean" });
  }));

Deno.test("dynamic sampling drops groups that grpo gives no advantage", () =>
  always((responses) => {
    const algorithm = dapo.create({ ...off, dynamicSampling: true });
    same(responses, { ...off, dynamicSampling: true }, {});
    const { advantages } = grpo.create({ beta: 0 }).credit(responses);
    algorithm.select!(responses).forEach((kept, i) => {
      const { group } = responses[i];
      const silent = responses.every((one, j) => one.group !== group || advantages[j].every((value) => value === 0));
      const empty = responses.some((one) => one.group === group && one.logProbs.length === 0);
      if (!empty) assert.equal(kept, !silent);
    });
  }));

Deno.test("the overlong punishment is grpo on rewards that contain it", () =>
  always((responses) => {
    const punished = responses.map((response) => {
      const { accuracy } = response.rewards, length = response.logProbs.filter((_, t) => response.mask![t]).length;
      return { ...response, rewards: { total: accuracy === null ? null : accuracy + 2 * softOverlong(length, 4, 3) } };
    });
    same(responses, { ...off, overlongPenalty: 2, overlongMaxLength: 4, overlongCache: 3 }, {}, punished);
  }));

Deno.test("signed rewards matter beside the punishment only", () =>
  always((responses) => {
    const [plain, signed] = [false, true].map((signedReward) =>
      evaluate(dapo.create({ ...off, signedReward }), responses)
    );
    signed.credited.forEach(({ advantages }, i) =>
      advantages.forEach((value, t) => assert.ok(Math.abs(value - plain.credited[i].advantages[t]) < 1e-12))
    );
    const shaped = { ...off, signedReward: true, overlongPenalty: 1, overlongMaxLength: 4 };
    const rewards = dapo.create(shaped).credit(responses).trace!.rewards as Float64Array;
    responses.forEach(({ rewards: { accuracy }, logProbs, mask }, i) => {
      const length = logProbs.filter((_, t) => mask![t]).length;
      if (accuracy !== null) assert.equal(rewards[i], 2 * accuracy - 1 + softOverlong(length, 4, 4 / 5));
    });
  }));

const response = (group: number, rewards: Response["rewards"], length: number, budget?: number): Response => {
  const logProbs = new Float64Array(length).fill(-1);
  return {
    group,
    tokens: logProbs,
    rewards,
    truncated: false,
    logProbs,
    oldLogProbs: logProbs,
    ...budget && { budget },
  };
};

Deno.test("wrong answers of different length are no reason to learn", () => {
  const wrong = [1, 4, 5].map((length) => response(0, { accuracy: 0 }, length, 5));
  const { advantages, metrics, trace } = dapo.create().credit(wrong);
  assert.ok(advantages.every((row) => row.every((value) => value === 0)));
  assert.equal(metrics.groupsWithoutSignal, 1);
  assert.ok((trace!.rewards as Float64Array).every(Number.isNaN));
  assert.deepEqual(dapo.create().select!(wrong), [false, false, false]);
  const kept = dapo.create({ dynamicSampling: false }).credit(wrong);
  assert.ok(kept.advantages[2][0] < 0 && kept.advantages[0][0] > 0);
});

Deno.test("the filter looks at accuracy, and at the total reward where there is no such channel", () => {
  const { select } = dapo.create();
  const shaped = [0, 1].map((format) => response(0, { accuracy: 1, format }, 2));
  assert.deepEqual(select!(shaped), [false, false]);
  assert.deepEqual(select!([0, 1].map((total) => response(0, { total }, 2))), [true, true]);
  assert.deepEqual(dapo.create({ accuracyChannel: "format" }).select!(shaped), [true, true]);
  assert.deepEqual(select!([response(0, { accuracy: 1 }, 2)]), [false]);
});

Deno.test("without a budget and a maximum there is no punishment; with both, the maximum counts", () => {
  const rewards = (budget: number | undefined, options: object) => {
    const responses = [1, 0].map((accuracy) => response(0, { accuracy }, 10, budget));
    return [...dapo.create(options).credit(responses).trace!.rewards as Float64Array];
  };
  assert.deepEqual(rewards(undefined, {}), [1, -1]);
  assert.deepEqual(rewards(10, {}), [0, -2]);
  assert.deepEqual(rewards(10, { overlongMaxLength: 20 }), [1, -1]);
  assert.throws(() => rewards(10, { overlongCache: 11 }), /cache is 11 tokens, but a response has at most 10/);
});

Deno.test("the runner is asked for further rollout batches only where groups are dropped", () => {
  assert.deepEqual(dapo.create().needs.refill, { rounds: 9 });
  assert.deepEqual(dapo.create({ maxRounds: 1 }).needs.refill, { rounds: 0 });
  const { needs, select } = dapo.create({ preset: "trl" });
  assert.deepEqual([needs.refill, select, needs.reference], [undefined, undefined, false]);
});

Deno.test("options of parts that are switched off are refused", () => {
  const refused: [object, RegExp][] = [
    [{ dynamicSampling: false, maxRounds: 3 }, /^dapo: option "maxRounds" is set, but dynamicSampling is false; leave/],
    [{ maxRounds: 0 }, /option "maxRounds" is 0; use a whole number of at least 1$/],
    [{ overlongPenalty: 0, overlongCache: 3 }, /option "overlongCache" is set, but overlongPenalty is 0; leave it out/],
    [{ overlongMaxLength: 4, overlongCache: 5 }, /"overlongCache" is 5, more than overlongMaxLength \(4\); use a/],
    [{ accuracyChannel: "" }, /option "accuracyChannel" is ""; use the name of a reward channel/],
  ];
  for (const [options, message] of refused) assert.throws(() => dapo.create(options), { message });
});
