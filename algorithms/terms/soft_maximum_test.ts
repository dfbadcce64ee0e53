import assert from "node:assert/strict";
import { softMaximum } from "./soft_maximum.ts";

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

Deno.test("softMaximum() is τ log mean exp(v / τ), and its derivative the softmax", () => {
  const { value, softmax, factor } = softMaximum([1, -2, 0.5], 0.7);
  const parts = [1, -2, 0.5].map((v) => Math.exp(v / 0.7)), sum = parts[0] + parts[1] + parts[2];
  close(value, 0.7 * Math.log(sum / 3));
  softmax.forEach((weight, i) => close(weight, parts[i] / sum));
  assert.equal(factor, 1);
});

Deno.test("softMaximum() of one value, or of equal ones, is that value, whatever τ", () => {
  for (const tau of [1e-3, 1, 1e3]) {
    assert.equal(softMaximum([-3], tau).value, -3);
    assert.equal(softMaximum([-3, -3], tau).value, -3);
  }
});

Deno.test("softMaximum() does not overflow, and what it leaves out is 0", () => {
  const { value, softmax } = softMaximum([-1e4, 2e4, 1e4], 1e-3);
  close(value, 2e4 - 1e-3 * Math.log(3), 1e-9);
  assert.deepEqual(softmax, [0, 1, 0]);
});

Deno.test("softMaximum() with a held divisor has nearly the right derivative, and τ for a value", () => {
  const { value, factor, softmax } = softMaximum([1, 0], 10, true);
  close(value, 10, 1e-6);
  assert.ok(factor < 1 && factor > 1 - 2 ** -23);
  assert.deepEqual(softmax, softMaximum([1, 0], 10).softmax);
});
