import assert from "node:assert/strict";
import fc from "fast-check";
import { addValues, emptySketch, quantile, seen } from "./streaming_quantiles.ts";

fc.configureGlobal({ seed: 20261120 });

/** Type 7 on the sorted values themselves. */
function exact(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b), rank = share * (values.length - 1), below = Math.floor(rank);
  return sorted[below] + (rank - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

/** Values without a pattern that is in the way: a full-period linear congruence over 0..4095, scaled to 0..1. */
const scattered = Array.from({ length: 4096 }, (_, i) => ((i * 1365 + 77) * 5 % 4096) / 4096);

Deno.test("quantile() of at most 256 distinct values is exact, however they came", () => {
  const value = fc.double({ min: -2, max: 2, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.nat(60),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, cut, share) => {
        const sketch = addValues(addValues(emptySketch, values.slice(0, cut)), values.slice(cut));
        assert.ok(Math.abs(quantile(sketch, share) - exact(values, share)) <= 1e-12);
      },
    ),
  );
  const rewards = Array.from({ length: 5000 }, (_, i) => (i * 7 % 17) / 16);
  const sketch = rewards.reduce((before, reward) => addValues(before, [reward]), emptySketch);
  assert.equal(sketch.values.length, 17);
  for (const share of [0.25, 0.5, 0.75]) assert.equal(quantile(sketch, share), exact(rewards, share));
});

Deno.test("a long stream stays small and its quantiles are off by less than 2 % of the ranks", () => {
  let sketch = emptySketch;
  for (let i = 0; i < scattered.length; i += 8) {
    sketch = addValues(sketch, scattered.slice(i, i + 8));
    assert.ok(sketch.values.length <= 256);
  }
  assert.equal(seen(sketch), scattered.length);
  for (let share = 0; share <= 1; share += 0.05) {
    const found = quantile(sketch, share);
    const rank = scattered.filter((value) => value <= found).length / scattered.length;
    assert.ok(Math.abs(rank - share) < 0.02, `${share} is at rank ${rank}`);
  }
  assert.deepEqual([quantile(sketch, 0), quantile(sketch, 1)], [Math.min(...scattered), Math.max(...scattered)]);
});

Deno.test("the order within a batch does not matter, not even when entries are merged", () => {
  const turned = [...scattered.slice(1000), ...scattered.slice(0, 1000)].reverse();
  assert.deepEqual(addValues(emptySketch, turned), addValues(emptySketch, scattered));
});

Deno.test("a sketch survives JSON, and addValues() leaves the one it was given alone", () => {
  const sketch = addValues(emptySketch, [3, 1, 3]);
  assert.deepEqual(JSON.parse(JSON.stringify(sketch)), { values: [1, 3], counts: [1, 2] });
  addValues(sketch, [1]);
  assert.deepEqual(sketch.counts, [1, 2]);
  assert.ok(Number.isNaN(quantile(emptySketch, 0.5)));
});
