import assert from "node:assert/strict";
import { allEqual, deviations, mean, scaleBy, standardDeviation, whiten } from "./statistics.ts";

Deno.test("mean() of nothing is 0", () => {
  assert.equal(mean([]), 0);
  assert.equal(mean([1, 2]), 1.5);
});

Deno.test("allEqual() forgives rounding and nothing more", () => {
  assert.ok(allEqual([]) && allEqual([0, 0]) && allEqual([0.1 + 0.2, 0.3]));
  assert.ok(!allEqual([0, 1e-300]) && !allEqual([1, 1 + 1e-11]));
});

Deno.test("deviations() of equal values are exactly 0", () => {
  assert.deepEqual(deviations([0.1, 0.1, 0.1]), [0, 0, 0]);
});

Deno.test("standardDeviation() divides by n − ddof and is 0 where that is not positive", () => {
  assert.equal(standardDeviation([1, -1], 0), 1);
  assert.equal(standardDeviation([1, -1], 1), Math.SQRT2);
  assert.equal(standardDeviation([1], 1), 0);
  assert.equal(standardDeviation([], 0), 0);
});

Deno.test("scaleBy() adds eps outside or inside the root and never divides by 0", () => {
  assert.equal(scaleBy(4, 3, { ddof: 0, stdEpsilon: 1 }), 1);
  assert.equal(
    scaleBy(4, Math.sqrt(3), { ddof: 0, stdEpsilon: 1, insideRoot: true }),
    4 / Math.sqrt(Math.sqrt(3) ** 2 + 1),
  );
  assert.equal(scaleBy(4, 0, { ddof: 0, stdEpsilon: 0 }), 0);
});

Deno.test("whiten() gives mean 0 and deviation 1", () => {
  assert.deepEqual(whiten([1, 3], { ddof: 0, stdEpsilon: 0 }), [-1, 1]);
});
