import assert from "node:assert/strict";
import { discriminate, type DiscriminativeOptions, rightAgainstWrong } from "./discriminative.ts";

const options: DiscriminativeOptions = { objective: "dro", score: "log_likelihood", tau: 0.5, softMaximum: "exact" };
const responses = ([
  [0, 1, [-1, -2]],
  [0, 0, [-3]],
  [1, 1, [-9]],
  [0, 0, [-1, -1, -4]],
  [0, 1, [-0.5]],
  [0, 0.5, [-7]],
  [0, 0, []],
] as [number, number, number[]][]).map(([group, total, logProbs]) => ({
  group,
  tokens: logProbs,
  rewards: { total },
  truncated: false,
  logProbs: Float64Array.from(logProbs),
  oldLogProbs: Float64Array.from(logProbs, (value) => value - 0.1),
}));
const rewards = responses.map(({ rewards, tokens }) => tokens.length === 0 ? null : rewards.total);
const weights = rightAgainstWrong(rewards, responses.map(({ group }) => group));
const batch = responses.map((response, i) => ({ ...response, advantages: response.logProbs.map(() => weights[i]) }));
const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

Deno.test("rightAgainstWrong() gives 1/n₊ and −1/n₋ in questions with both, else 0", () => {
  assert.deepEqual(weights, [1 / 2, -1 / 2, 0, -1 / 2, 1 / 2, 0, 0]);
});

Deno.test("discriminate() is −mean over right of τ log mean over wrong of exp((s′ − s) / τ)", () => {
  const { value, scores } = discriminate(batch, options);
  assert.deepEqual([...scores].map((score) => score || null), [-1.5, -3, -9, -2, -0.5, -7, null]);
  const against = (s: number) => 0.5 * Math.log((Math.exp((-3 - s) / 0.5) + Math.exp((-2 - s) / 0.5)) / 2);
  close(value, -(against(-1.5) + against(-0.5)) / 2 / 2);
});

Deno.test("discriminate() without soft maximum is the difference of means, per question", () => {
  const { value, slope, negativeSoftmax } = discriminate(batch, { ...options, objective: "mean" });
  close(value, (-1 + 2.5) / 2);
  close(slope(0, 1), 1 / 2 / 2 / 2);
  close(slope(3, 0), -1 / 2 / 3 / 2);
  assert.ok(negativeSoftmax.every((weight) => weight === 0));
});

Deno.test("discriminate() with ratio scores multiplies the slope by the ratio, and takes tau 1 by default", () => {
  const ratio = Math.exp(0.1), given = { ...options, score: "likelihood_ratio", tau: null } as const;
  const { value, slope, scores } = discriminate(batch, given);
  close(scores[3], ratio);
  close(value, 0);
  close(slope(0, 0), ratio / 2 / 2 / 2);
  assert.equal(slope(2, 0), 0);
});
