import { strict as assert } from "node:assert";
import fc from "fast-check";
import { equivalent } from "./equivalence.ts";
import { plainVerdict } from "./plain.ts";

Deno.test("what is plain gets the verdict that the parser would give", () => {
  const small = fc.integer({ min: -400, max: 400 }),
    large = fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 });
  const number = fc.oneof(small, large).map(String);
  fc.assert(
    fc.property(number, number, fc.constantFrom({}, { percent: "hundredth" } as const), (gold, prediction, options) => {
      // A space in front keeps the parser's own way of seeing that the texts are the same.
      const parsed = equivalent(gold, ` ${prediction}`, options);
      assert.deepEqual(plainVerdict(gold, prediction), gold === prediction ? equivalent(gold, gold) : parsed);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("what is not plain is left to the parser", () => {
  for (const text of ["", " ", "00", "-0", "+1", "1.0", "1,000", "x", "12 ", "1234567890123456"]) {
    assert.equal(plainVerdict("12", text), undefined, text);
  }
  assert.equal(plainVerdict(" ", " "), undefined);
  assert.deepEqual(plainVerdict("\\frac{1}{2}", "\\frac{1}{2}"), equivalent("\\frac{1}{2}", "\\frac{1}{2}"));
});
