import assert from "node:assert/strict";
import fc from "fast-check";
import { batch, evaluate, finiteDifference } from "./_batches_test.ts";
import type { Response } from "./algorithm.ts";
import { chosenLength, isChosen } from "./terms/batch.ts";
import { gvpo } from "./gvpo.ts";
import { implicitRewardPairLoss } from "./terms/implicit_reward.ts";
import { reinforce } from "./reinforce.ts";

const check = (property: (responses: Response[]) => void, seed: number) =>
  fc.assert(fc.property(batch, property), { numRuns: 40, seed });
const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
const groupsOf = (responses: readonly Response[]) =>
  [...new Set(responses.map((response) => response.group))].map((group) =>
    responses.map((response, i) => ({ response, i })).filter(({ response }) => response.group === group)
  );
const onPolicy = (responses: readonly Response[]) =>
  responses.map((response) => ({ ...response, oldLogProbs: response.logProbs.slice() }));

Deno.test("gvpo: far off policy, the gradient agrees with finite differences", () => {
  for (const options of [{ beta: 2 }, { denominator: "reference" }, { preset: "code" }] as const) {
    const algorithm = gvpo.create(options);
    check((responses) => {
      const outcome = evaluate(algorithm, responses);
      outcome.gradient.forEach((row, i) =>
        row.forEach((value, t) => {
          const expected = responses[i].mask?.[t] === 0 ? 0 : finiteDifference(algorithm, outcome, i, t);
          if (expected !== null) close(value, expected, 1e-7);
        })
      );
    }, 20);
  }
});

Deno.test("gvpo: the weights of a group sum to 0", () => {
  for (const options of [{}, { denominator: "reference" }, { preset: "code" }] as const) {
    check((responses) => {
      const { gradient } = evaluate(gvpo.create(options), responses);
      for (const members of groupsOf(responses)) {
        const weights = members.map(({ response, i }) => [...gradient[i]].find((_, t) => isChosen(response, t)) ?? 0);
        close(weights.reduce((sum, weight) => sum + weight, 0), 0);
      }
    }, 21);
  }
});

Deno.test("gvpo: nothing moves where the implicit reward is the reward plus any constant of the prompt", () => {
  const beta = 0.3;
  check((responses) => {
    const optimal = responses.map((response): Response => {
      const gap = ((response.rewards.total ?? 0) + response.group) / beta / Math.max(1, chosenLength(response));
      return { ...response, oldLogProbs: response.logProbs.map((logProb) => logProb - gap) };
    });
    const { loss, gradient } = evaluate(gvpo.create({ beta }), optimal);
    close(loss, 0);
    gradient.forEach((row) => row.forEach((value) => close(value, 0)));
  }, 22);
});

Deno.test("gvpo: on policy it is REINFORCE with group mean, times beta; equal rewards teach nothing", () => {
  check((responses) => {
    const { gradient, credited } = evaluate(gvpo.create(), onPolicy(responses));
    const plain = reinforce.create({ aggregation: "token_sum" }).loss(credited).gradient;
    gradient.forEach((row, i) => row.forEach((value, t) => close(value, 0.1 * plain[i][t])));
    const equal = onPolicy(responses).map((response) => ({ ...response, rewards: { total: 0.1 } }));
    const still = evaluate(gvpo.create(), equal);
    assert.ok(still.loss === 0 && still.gradient.every((row) => row.every((value) => value === 0)));
  }, 23);
});

Deno.test("gvpo: preset code divides each group by its size minus 1", () => {
  check((responses) => {
    const paper = evaluate(gvpo.create(), responses).gradient,
      code = evaluate(gvpo.create({ preset: "code" }), responses);
    for (const members of groupsOf(responses)) {
      const size = members.filter(({ response }) =>
        chosenLength(response) > 0 && response.rewards.total !== null
      ).length;
      for (const { i } of members) {
        code.gradient[i].forEach((value, t) => close(value, size < 2 ? 0 : paper[i][t] / (size - 1)));
      }
    }
  }, 24);
});

Deno.test("gvpo: minibatches of whole groups add up to the batch", () => {
  check((responses) => {
    const algorithm = gvpo.create(), whole = evaluate(algorithm, responses);
    const parts = groupsOf(responses).map((members) => {
      const part = algorithm.loss(members.map(({ i }) => whole.credited[i]));
      members.forEach(({ i }, j) => part.gradient[j].forEach((value, t) => close(value, whole.gradient[i][t])));
      return part.loss;
    });
    close(parts.reduce((sum, loss) => sum + loss, 0), whole.loss);
  }, 25);
});

Deno.test("implicitRewardPairLoss() is the loss of a group of two", () => {
  check((responses) => {
    const pair = responses.slice(0, 2).map((response) => ({ ...response, group: 0 }));
    if (pair.length < 2 || pair.some((response) => chosenLength(response) === 0 || response.rewards.total === null)) {
      return;
    }
    const { loss, trace } = evaluate(gvpo.create({ beta: 0.7 }), pair);
    const [first, second] = trace.implicitReward as Float64Array;
    const gap = pair[0].rewards.total! - pair[1].rewards.total!;
    close(implicitRewardPairLoss(0.7, (first - second) / 0.7, gap), loss);
  }, 26);
});

Deno.test("gvpo: without a reference, denominator reference says what is missing", () => {
  const algorithm = gvpo.create({ denominator: "reference" });
  assert.deepEqual([algorithm.needs.reference, algorithm.needs.minibatches], [true, 1]);
  assert.deepEqual([gvpo.create().needs.reference, gvpo.create().needs.minibatches], [false, 2]);
  const row = Float64Array.of(-1);
  const response = { group: 0, tokens: [1], rewards: { total: 1 }, truncated: false, logProbs: row, oldLogProbs: row };
  assert.throws(() => evaluate(algorithm, [response]), /needs referenceLogProbs on every response/);
});
