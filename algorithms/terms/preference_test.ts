import assert from "node:assert/strict";
import { logSigmoid, preferenceLoss, preferenceLosses, sigmoid } from "./preference.ts";

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

Deno.test("sigmoid() and logSigmoid() hold far out on both sides", () => {
  assert.deepEqual([sigmoid(0), sigmoid(1000), sigmoid(-1000)], [0.5, 1, 0]);
  assert.deepEqual([logSigmoid(1000), logSigmoid(-1000)], [0, -1000]);
  for (const x of [-3, -0.1, 0, 2]) close(logSigmoid(x), Math.log(1 / (1 + Math.exp(-x))));
  close(logSigmoid(40), -Math.exp(-40), 1e-30);
});

Deno.test("preferenceLoss() is each published formula", () => {
  const options = { beta: 0.3, labelSmoothing: 0.2 }, m = 0.3 * 1.7, s = (x: number) => 1 / (1 + Math.exp(-x));
  close(preferenceLoss(1.7, { loss: "sigmoid", beta: 0.3, labelSmoothing: 0 }).value, -Math.log(s(m)));
  close(preferenceLoss(1.7, { ...options, loss: "sigmoid" }).value, -0.8 * Math.log(s(m)) - 0.2 * Math.log(s(-m)));
  close(
    preferenceLoss(1.7, { ...options, loss: "robust" }).value,
    (-0.8 * Math.log(s(m)) + 0.2 * Math.log(s(-m))) / 0.6,
  );
  close(preferenceLoss(1.7, { ...options, loss: "ipo" }).value, (1.7 - 1 / 0.6) ** 2);
});

Deno.test("preferenceLoss() gives the derivative of its value", () => {
  for (const loss of preferenceLosses) {
    for (const labelSmoothing of [0, 0.1, 0.4]) {
      for (const difference of [-4, 0, 0.3, 9]) {
        const at = (x: number) => preferenceLoss(x, { loss, beta: 0.5, labelSmoothing });
        close(at(difference).derivative, (at(difference + 1e-5).value - at(difference - 1e-5).value) / 2e-5, 1e-8);
      }
    }
  }
});

Deno.test("preferenceLoss() with margins of thousands is finite", () => {
  for (const loss of preferenceLosses) {
    for (const difference of [-1e5, 1e5]) {
      const { value, derivative } = preferenceLoss(difference, { loss, beta: 1, labelSmoothing: 0.1 });
      assert.ok(Number.isFinite(value) && Number.isFinite(derivative));
    }
  }
});
