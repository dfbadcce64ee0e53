import assert from "node:assert/strict";
import fc from "fast-check";
import { klDivergence, klEstimators } from "./divergences.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

const logProb = fc.double({ min: -5, max: 0, noNaN: true });

Deno.test("the derivative of every estimator agrees with a finite difference", () => {
  fc.assert(
    fc.property(fc.constantFrom(...klEstimators), logProb, logProb, logProb, (kind, current, reference, old) => {
      const h = 1e-3, at = (steps: number) => klDivergence(kind, current + steps * h, reference, old).value;
      const expected = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h);
      const { derivative } = klDivergence(kind, current, reference, old);
      assert.ok(Math.abs(derivative - expected) <= 1e-7 * Math.max(1, Math.abs(expected)));
    }),
    { seed: 1 },
  );
});

Deno.test("every estimate is 0 where the policies agree, and k3 is never negative", () => {
  fc.assert(
    fc.property(logProb, logProb, (a, b) => {
      for (const kind of klEstimators) assert.ok(klDivergence(kind, a, a, b).value === 0);
      assert.ok(klDivergence("k3", a, b, a).value >= 0);
    }),
    { seed: 2 },
  );
});
