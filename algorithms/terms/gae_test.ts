import assert from "node:assert/strict";
import { generalizedAdvantage } from "./gae.ts";

const row = (...values: number[]) => Float64Array.from(values);
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  Array.from(expected, (value, i) => assert.ok(Math.abs(actual[i] - value) < 1e-12, `${actual} is not ${expected}`));

Deno.test("generalizedAdvantage() is the discounted sum of temporal differences", () => {
  const rewards = row(0.1, -0.2, 1), values = row(0.5, 0.3, -0.1), gamma = 0.9, lambda = 0.8;
  const delta = [0.1 + 0.9 * 0.3 - 0.5, -0.2 + 0.9 * -0.1 - 0.3, 1 + 0.1];
  const expected = [0, 1, 2].map((t) =>
    delta.slice(t).reduce((sum, value, k) => sum + (gamma * lambda) ** k * value, 0)
  );
  const { advantages, returns } = generalizedAdvantage({}, rewards, values, { gamma, lambda });
  close(advantages, expected);
  close(returns, expected.map((value, t) => value + values[t]));
});

Deno.test("generalizedAdvantage() with γ = λ = 1 is the outcome minus the value, with λ = 0 a single difference", () => {
  const rewards = row(0, 0, 2), values = row(0.5, 0.3, -0.1);
  close(generalizedAdvantage({}, rewards, values, { gamma: 1, lambda: 1 }).advantages, [1.5, 1.7, 2.1]);
  close(generalizedAdvantage({}, rewards, values, { gamma: 1, lambda: 0 }).advantages, [-0.2, -0.4, 2.1]);
});

Deno.test("generalizedAdvantage() carries value and advantage over tokens that the environment wrote", () => {
  const discounts = { gamma: 0.9, lambda: 0.8 };
  const plain = generalizedAdvantage({}, row(0.1, 1), row(0.5, -0.1), discounts);
  const { advantages, returns } = generalizedAdvantage(
    { mask: [0, 1, 0, 0, 1, 0] },
    row(NaN, 0.1, NaN, 9, 1, NaN),
    row(NaN, 0.5, 7, NaN, -0.1, NaN),
    discounts,
  );
  const [first, last] = plain.advantages;
  assert.deepEqual([...advantages], [0, first, 0, 0, last, 0]);
  assert.deepEqual([...returns], [0, plain.returns[0], 0, 0, plain.returns[1], 0]);
});

Deno.test("generalizedAdvantage() of an empty response is empty", () => {
  assert.equal(generalizedAdvantage({}, row(), row(), { gamma: 1, lambda: 1 }).returns.length, 0);
});
