import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { createRowRanges } from "./row_ranges.ts";

Deno.test("row ranges are the lowest that are free, and are given back", () => {
  const ranges = createRowRanges(10);
  strictEqual(ranges.take(4), 0);
  strictEqual(ranges.take(3), 4);
  strictEqual(ranges.take(4), undefined);
  ranges.give(0);
  strictEqual(ranges.take(2), 0);
  strictEqual(ranges.take(3), 7);
  strictEqual(ranges.take(2), 2);
  strictEqual(ranges.take(1), undefined);
});

Deno.test("row ranges never overlap and never leave the cache", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean())), (calls) => {
    const ranges = createRowRanges(30), held: { first: number; length: number }[] = [];
    for (const [length, gives] of calls) {
      if (gives && held.length > 0) ranges.give(held.splice(length % held.length, 1)[0].first);
      const first = ranges.take(length);
      if (first === undefined) continue;
      ok(first >= 0 && first + length <= 30);
      ok(held.every((other) => first + length <= other.first || other.first + other.length <= first));
      held.push({ first, length });
    }
  }));
});
