import assert from "node:assert/strict";
import { klConstraint, type KlConstraintOptions } from "./kl_constraint.ts";

const rows = (logProbs: number[], oldLogProbs: number[], mask?: number[]) => ({
  group: 0,
  tokens: logProbs,
  rewards: {},
  truncated: false,
  logProbs: Float64Array.from(logProbs),
  oldLogProbs: Float64Array.from(oldLogProbs),
  ...mask && { mask },
});
const options: KlConstraintOptions = { beta: 10, delta: 0.05, kl: "k1", penalty: "squared_hinge" };
const batch = [rows([-1, -2, NaN], [-0.8, -1.7, NaN], [1, 1, 0]), rows([-3], [-3.1])];
const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

Deno.test("klConstraint() with k1 is the mean of old − new over the chosen tokens", () => {
  const { kl, active, value, slope } = klConstraint(batch, options);
  const mean = (0.2 + 0.3 - 0.1) / 3;
  close(kl, mean);
  assert.equal(active, true);
  close(value, 10 * (mean - 0.05) ** 2);
  close(slope(0, 1), -2 * 10 * (mean - 0.05) / 3);
});

Deno.test("klConstraint() with k3 is ratio − 1 − log ratio", () => {
  const { kl, slope } = klConstraint(batch, { ...options, kl: "k3", delta: 0.01 });
  const mean = [-0.2, -0.3, 0.1].reduce((sum, d) => sum + (Math.exp(d) - 1 - d) / 3, 0);
  close(kl, mean);
  close(slope(1, 0), 2 * 10 * (mean - 0.01) * (Math.exp(0.1) - 1) / 3);
});

Deno.test("klConstraint() with a held factor has half the gradient", () => {
  const squared = klConstraint(batch, options), held = klConstraint(batch, { ...options, penalty: "held_factor" });
  close(held.slope(0, 0), squared.slope(0, 0) / 2);
  close(held.value, 10 * (held.kl - 0.05) * held.kl);
});

Deno.test("klConstraint() is exactly 0 within the bound, where k1 is negative, on policy and without tokens", () => {
  const zero = (responses: ReturnType<typeof rows>[], more: Partial<KlConstraintOptions>) => {
    const { active, value, slope } = klConstraint(responses, { ...options, ...more });
    assert.deepEqual([active, value], [false, 0]);
    responses.forEach((response, i) => response.logProbs.forEach((_, t) => assert.equal(slope(i, t), 0)));
  };
  zero(batch, { delta: 0.2 });
  zero([rows([-1], [-2])], {});
  zero([rows([-1], [-1])], { delta: 0 });
  zero([rows([], [])], { delta: 0 });
  zero([], {});
});
