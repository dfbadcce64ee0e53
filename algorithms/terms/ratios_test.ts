import assert from "node:assert/strict";
import { lengthNormalisedSequenceRatio, sequenceRatio, sequenceTokenRatio, tokenRatio } from "./ratios.ts";

const response = {
  group: 0,
  tokens: [1, 2, 3],
  mask: [1, 0, 1],
  rewards: {},
  truncated: false,
  logProbs: Float64Array.of(Math.log(0.5), NaN, Math.log(0.2)),
  oldLogProbs: Float64Array.of(Math.log(0.25), NaN, Math.log(0.1)),
};
const close = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i] - value) < 1e-12, `${actual} is not ${expected}`));

Deno.test("tokenRatio() is the quotient of probabilities, 1 where the policy did not choose", () => {
  close(tokenRatio(response).values, [2, 1, 2]);
});

Deno.test("sequenceRatio() is the product, and every chosen token gets the whole slope", () => {
  const { values, sequence, backward } = sequenceRatio(response);
  close([sequence!, ...values], [4, 4, 1, 4]);
  close(backward(Float64Array.of(1, 0, 2)), [3, 0, 3]);
});

Deno.test("lengthNormalisedSequenceRatio() is the geometric mean, and the slope is shared", () => {
  const { sequence, backward } = lengthNormalisedSequenceRatio(response);
  close([sequence!], [2]);
  close(backward(Float64Array.of(1, 0, 2)), [1.5, 0, 1.5]);
});

Deno.test("sequenceTokenRatio() has the geometric mean on every token, and each keeps its own slope", () => {
  const { values, sequence, backward } = sequenceTokenRatio(response);
  close([sequence!, ...values], [2, 2, 1, 2]);
  close(backward(Float64Array.of(1, 0, 2)), [1, 0, 2]);
});

Deno.test("the ratio of an empty response is 1", () => {
  const empty = { ...response, mask: undefined, logProbs: new Float64Array(), oldLogProbs: new Float64Array() };
  assert.equal(sequenceRatio(empty).sequence, 1);
  assert.equal(lengthNormalisedSequenceRatio(empty).sequence, 1);
});
