import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseWeighted, draw, shuffled } from "./draws.ts";

Deno.test("draws depend on seed, name and coordinates, and are uniform", () => {
  const all = [
    draw(1, "a", 1),
    draw(2, "a", 1),
    draw(1, "b", 1),
    draw(1, "a", 2),
    draw(1, "a"),
    draw(1 + 2 ** 32, "a", 1),
  ];
  assert.equal(new Set(all).size, all.length);
  const bins = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) bins[Math.floor(4 * draw(9, "uniform", i))]++;
  for (const count of bins) assert.ok(Math.abs(count - 1000) < 120, `${bins}`);
});

Deno.test("a shuffle has everything once, and every order as often as any other", () => {
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffled(3, 5, "shuffle", i).join();
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  for (const count of orders.values()) assert.ok(Math.abs(count - 1000) < 150, `${[...orders]}`);
  assert.deepEqual(shuffled(0, 1, "x"), []);
});

Deno.test("a weight of 0 is never chosen; if all are 0 anybody is", () => {
  const weights = fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (weights, ticket) => {
      const chosen = chooseWeighted(weights, ticket);
      assert.ok(chosen >= 0 && chosen < weights.length);
      assert.ok(weights[chosen] > 0 || weights.every((weight) => weight === 0));
    }),
    { seed: 7 },
  );
  assert.throws(() => chooseWeighted([], 0), /Nothing to choose from/);
});
