import assert from "node:assert/strict";
import { cispo } from "./mod.ts";

const loss = (options: object, ratio: number, advantage = 1) =>
  cispo.create(options).loss([{
    ...{ group: 0, tokens: [5], rewards: {}, truncated: false, advantages: Float64Array.of(advantage) },
    ...{ logProbs: Float64Array.of(-1), oldLogProbs: Float64Array.of(-1 - Math.log(ratio)) },
  }]);
const weight = (options: object, ratio: number) => Math.round(-1e9 * loss(options, ratio).gradient[0][0]) / 1e9;

Deno.test("epsilonHigh is a band above 1, maxWeight is the cap itself", () => {
  assert.equal(weight({ epsilonHigh: 0.5 }, 2), 1.5);
  assert.equal(weight({ epsilonHigh: null, maxWeight: 0.5 }, 2), 0.5);
  assert.equal(weight({ preset: "trl" }, 9), 5);
  assert.equal(weight({ preset: "scalerl" }, 4), 4);
});

Deno.test("there is no lower bound unless one is set, and verl's of 10 is none", () => {
  assert.equal(weight({}, 0.01), 0.01);
  assert.equal(weight({ epsilonLow: 10 }, 0.01), 0.01);
  assert.equal(weight({ epsilonLow: 0.2 }, 0.01), 0.8);
});

Deno.test("clipFraction counts tokens with a cut weight, which keep a gradient", () => {
  assert.deepEqual([loss({}, 2).metrics.clipFraction, loss({}, 1.1).metrics.clipFraction], [1, 0]);
  assert.ok(loss({}, 2, -1).gradient[0][0] > 0);
});

Deno.test("two caps, and none, are refused", () => {
  assert.throws(
    () => cispo.create({ maxWeight: 5 }),
    /^RangeError: cispo: options "epsilonHigh" \(0.2\) and "maxWeight" \(5\) are two names for one cap; set one of them, and the other to null$/,
  );
  assert.throws(() => cispo.create({ epsilonHigh: null }), /set one of them/);
});
