import assert from "node:assert/strict";
import fc from "fast-check";
import { compileGrams, planningMask } from "./matcher.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

const found = (grams: string[], text: string) =>
  compileGrams(grams).find(text).map(({ start, end }) => text.slice(start, end));

Deno.test("a gram is found in any case, over any white space, with commas, on word boundaries", () => {
  assert.deepEqual(found(["let us check"], "LET us\n\t check!"), ["LET us\n\t check"]);
  assert.deepEqual(found(["first let us"], "First, let us"), ["First, let us"]);
  assert.deepEqual(found(["Let's see."], "let\u2019s see"), ["let\u2019s see"]);
  assert.deepEqual(found(["so", "let us check"], "also let us checked. Let us. Check"), []);
});

Deno.test("the longest gram counts at each word, and grams at other words may overlap it", () => {
  assert.deepEqual(found(["let us", "let us check", "check the sign"], "let us check the sign"), [
    "let us check",
    "check the sign",
  ]);
  assert.deepEqual(found(["a b c d", "a b"], "a b c e"), ["a b"]);
});

Deno.test("find() names the gram in one spelling", () => {
  const matcher = compileGrams(["Let  US", "let us"]);
  assert.deepEqual(matcher.grams, ["let us"]);
  assert.deepEqual(matcher.find("Let, us"), [{ gram: "let us", start: 0, end: 7 }]);
});

Deno.test("planningMask() marks a token that overlaps a gram by any part of its text", () => {
  const matcher = compileGrams(["let us check"]);
  assert.deepEqual([...planningMask([". Le", "t us ", "", "chec", "k", " it", ""], matcher)], [1, 1, 0, 1, 1, 0, 0]);
  assert.deepEqual([...planningMask([], matcher)], []);
  assert.deepEqual([...planningMask(["a"], compileGrams([]))], [0]);
});

Deno.test("planningMask() agrees with a comparison of every token with every match, however text is cut", () => {
  const matcher = compileGrams(["a", "a b", "b c", "c c c"]);
  const piece = fc.stringMatching(/^[abc ,.]{0,4}$/);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const matches = matcher.find(pieces.join(""));
      let start = 0;
      const expected = pieces.map((piece) => {
        const from = start, to = start += piece.length;
        return to > from && matches.some((match) => match.start < to && match.end > from) ? 1 : 0;
      });
      assert.deepEqual([...planningMask(pieces, matcher)], expected);
    }),
    { numRuns: 500, seed: 1 },
  );
});

Deno.test("a gram that can never be found is refused", () => {
  assert.throws(() => compileGrams(["..."]), /^RangeError: Strategic gram "\.\.\." has no words; use words, such as/);
  assert.throws(() => compileGrams(["so. then"]), /^RangeError: Strategic gram "so\. then" has punctuation between/);
});
