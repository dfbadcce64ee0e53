import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { fold, integer, type Key, keyOf, threefry, uniform } from "./random.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

Deno.test("threefry() gives the known answers of Random123", () => {
  const cases: [Key, number, number, string][] = [
    [[0, 0], 0, 0, "6b200159 99ba4efe"],
    [[0xffffffff, 0xffffffff], 0xffffffff, 0xffffffff, "1cb996fc bb002be7"],
    [[0x13198a2e, 0x03707344], 0x243f6a88, 0x85a308d3, "c4923a9c 483df7a0"],
  ];
  for (const [key, counter0, counter1, expected] of cases) {
    strictEqual(
      threefry(key, counter0, counter1).map((word) => word.toString(16).padStart(8, "0")).join(" "),
      expected,
    );
  }
});

Deno.test("threefry() takes signed and unsigned words for the same", () => {
  deepStrictEqual(threefry([-1, -1], -1, -1), threefry([0xffffffff, 0xffffffff], 0xffffffff, 0xffffffff));
});

Deno.test("uniform() lies in (0, 1) and is exact in float32, whatever the key and the index", () => {
  fc.assert(fc.property(fc.integer(), fc.integer(), fc.nat(), (high, low, index) => {
    const value = uniform([high, low], index);
    ok(value > 0 && value < 1);
    strictEqual(Math.fround(value), value);
    ok(Number.isInteger(value * 2 ** 24));
  }));
});

Deno.test("uniform() has the moments of a uniform number, along the index and along the sample", () => {
  const count = 20000, key = keyOf(5, "test");
  for (const draw of [(i: number) => uniform(key, i), (i: number) => uniform(fold(key, i), 0)]) {
    const values = Array.from({ length: count }, (_, i) => draw(i));
    const mean = values.reduce((a, b) => a + b) / count;
    ok(Math.abs(mean - 1 / 2) < 5 / Math.sqrt(12 * count), `mean ${mean}`);
    const lag = values.slice(1).reduce((sum, value, i) => sum + (value - 0.5) * (values[i] - 0.5), 0) / count;
    ok(Math.abs(lag) < 5 / 12 / Math.sqrt(count), `serial covariance ${lag}`);
    const bins = new Array(64).fill(0);
    for (const value of values) bins[Math.floor(value * 64)]++;
    const chi2 = bins.reduce((sum, n) => sum + (n - count / 64) ** 2 / (count / 64), 0);
    ok(chi2 < 63 + 5 * Math.sqrt(2 * 63), `chi-square ${chi2}`);
  }
});

Deno.test("integer() reaches every value below its bound and no other", () => {
  const key = keyOf(1, "integer"), seen = new Set<number>();
  for (let i = 0; i < 500; i++) seen.add(integer(key, i, 7));
  deepStrictEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  strictEqual(integer(key, 0, 1), 0);
});

Deno.test("keyOf() gives different coordinates different keys", () => {
  const keys = new Set<string>();
  let count = 0;
  const note = (...path: (number | string)[]) => {
    keys.add(keyOf(...path as [number]).map((word) => word >>> 0).join());
    count++;
  };
  for (let seed = 0; seed < 8; seed++) {
    note(seed, "rollout");
    note(seed, "rolloutt");
    note(seed, "eval");
    for (let step = 0; step < 8; step++) {
      for (let prompt = 0; prompt < 8; prompt++) {
        for (let sample = 0; sample < 8; sample++) note(seed, "rollout", step, prompt, sample);
      }
    }
  }
  for (const large of [2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 40, -1]) note(1, large);
  for (const large of [2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 40, -1]) note(large, 1);
  strictEqual(keys.size, count);
});

Deno.test("keyOf() is fold() along the path", () => {
  deepStrictEqual(keyOf(3, "a", 4, 5), fold(fold(fold(keyOf(3), "a"), 4), 5));
});

Deno.test("uniform() never changes: these numbers are part of every published record", () => {
  const key = keyOf(7, "rollout", 3, 12, 5);
  deepStrictEqual([0, 1, 2].map((index) => uniform(key, index) * 2 ** 24), [14359257, 15675683, 16482119]);
});
