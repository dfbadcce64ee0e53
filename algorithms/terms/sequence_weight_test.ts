import assert from "node:assert/strict";
import { sequenceWeight } from "./sequence_weight.ts";

const shape = { kPositive: 2, lambdaPositive: 3, kNegative: 3, lambdaNegative: 2 };
const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-14, `${actual}`);

Deno.test("sequenceWeight() is W^k e^(λ(1−W)), with k and λ by the sign of the advantage", () => {
  close(sequenceWeight(Math.log(1.5), 1, shape), 1.5 ** 2 * Math.exp(3 * -0.5));
  close(sequenceWeight(Math.log(1.5), 0, shape), 1.5 ** 2 * Math.exp(3 * -0.5));
  close(sequenceWeight(Math.log(1.5), -1, shape), 1.5 ** 3 * Math.exp(2 * -0.5));
});

Deno.test("sequenceWeight() is exactly 1 on policy and 0 in both limits", () => {
  assert.deepEqual([0, -2000, 2000].map((logRatio) => sequenceWeight(logRatio, 1, shape)), [1, 0, 0]);
});
