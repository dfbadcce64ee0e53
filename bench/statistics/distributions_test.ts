import { strict as assert } from "node:assert";
import { detectableDifference, pairedPower } from "./detectable_difference.ts";
import { normalCdf, normalQuantile, normalTail } from "./normal.ts";
import { incompleteBeta, logGamma, studentQuantile, studentTail } from "./student_t.ts";
import { wilsonInterval } from "./wilson.ts";

const near = (a: number, b: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(a - b) <= tolerance * Math.abs(b), `${a} is not ${b}`);

Deno.test("the normal distribution agrees with mpmath, far tails included", () => {
  // mpmath ncdf(-z) with 25 digits.
  near(normalTail(0.3), 0.38208857781104736);
  near(normalTail(2.49), 0.006387154764943177);
  near(normalTail(2.51), 0.0060365580804126597);
  near(normalTail(6), 9.8658764503769814e-10);
  near(normalTail(20), 2.7536241186062337e-89);
  assert.equal(normalCdf(0), 0.5);
  near(normalQuantile(0.975), 1.959963984540054);
  assert.deepEqual([normalQuantile(0), normalQuantile(1), normalQuantile(0.5)].map((z) => z + 0), [
    -Infinity,
    Infinity,
    0,
  ]);
});

Deno.test("the t distribution agrees with its closed forms for 1, 2 and 4 degrees of freedom", () => {
  for (const t of [0, 0.01, 0.5, 1, 2.2, 12.7, 300]) {
    near(studentTail(t, 1), 0.5 - Math.atan(t) / Math.PI, 1e-11);
    near(studentTail(t, 2), 0.5 - t / (2 * Math.sqrt(2 + t * t)), 1e-9);
    const cosine = 4 / (4 + t * t), sine = Math.sqrt(1 - cosine);
    near(studentTail(t, 4), 0.5 - sine * (1 + cosine / 2) / 2, 1e-6);
  }
  near(studentQuantile(0.975, 1), Math.tan(0.475 * Math.PI));
  near(studentQuantile(0.975, 2), 0.95 * Math.sqrt(2 / (4 * 0.975 * 0.025)));
  near(studentQuantile(0.025, 2), -0.95 * Math.sqrt(2 / (4 * 0.975 * 0.025)));
});

Deno.test("quantiles undo the distribution, and many degrees of freedom are normal", () => {
  for (const freedom of [1, 3, 9, 29, 1000]) {
    for (const p of [1e-9, 0.001, 0.05, 0.3]) near(studentTail(-studentQuantile(p, freedom), freedom), p, 1e-11);
  }
  near(studentTail(1.7, 1e7), normalTail(1.7), 1e-6);
});

Deno.test("the gamma and beta functions agree with exact values", () => {
  near(logGamma(0.5), Math.log(Math.PI) / 2);
  near(logGamma(11), Math.log(3628800));
  // I_x(2, 3) = 6 x^2 - 8 x^3 + 3 x^4
  for (const x of [0.01, 0.3, 0.77, 0.999]) near(incompleteBeta(x, 2, 3), 6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4);
  assert.deepEqual([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)], [0, 1]);
});

Deno.test("the power of a paired test agrees with the integral computed by mpmath", () => {
  for (
    const [effect, n, level, power] of [
      [1, 10, 0.05, 0.8030968566327216],
      [0.5, 10, 0.05, 0.2931756065140766],
      [2, 3, 0.05, 0.4707494312784348],
      [5, 2, 0.05, 0.4209614091495039],
      [1, 10, 0.05 / 120, 0.09142236863710084],
      [0.3, 50, 0.01, 0.2994694911461514],
    ]
  ) near(pairedPower(effect, n, level), power, 1e-9);
  for (const n of [2, 3, 7, 40, 300]) near(pairedPower(0, n, 0.03), 0.03, 1e-8);
});

Deno.test("the smallest detectable difference shrinks with seeds and scales with the deviation", () => {
  near(detectableDifference(10, 1)!, 0.9960013714554439, 1e-9);
  near(detectableDifference(3, 1)!, 3.264043549699572, 1e-9);
  near(detectableDifference(5, 0.02)!, 0.02 * 1.681996965955555, 1e-9);
  assert.equal(detectableDifference(1, 0.3), null);
  assert.equal(detectableDifference(5, 0), 0);
  assert.throws(() => detectableDifference(5, 1, { power: 0.01 }), /Power lies between the level 0.05 and 1/);
});

Deno.test("Wilson's ends are the shares whose score test is just at the level", () => {
  for (const [k, n] of [[1, 10], [5, 10], [99, 100], [0, 7], [7, 7]]) {
    for (const confidence of [0.9, 0.99]) {
      const { low, high } = wilsonInterval(k, n, { confidence }), z = normalQuantile((1 + confidence) / 2);
      const score = (p: number) => (k / n - p) ** 2 - z * z * p * (1 - p) / n;
      for (const [end, edge] of [[low, 0], [high, 1]]) assert.ok(end === edge || Math.abs(score(end)) < 1e-14);
      const wider = wilsonInterval(k, n, { confidence, continuity: true });
      assert.ok(wider.low <= low && wider.high >= high);
    }
  }
  assert.throws(() => wilsonInterval(3, 2), /cannot be 3 successes in 2 trials/);
});
