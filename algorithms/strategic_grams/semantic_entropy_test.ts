import assert from "node:assert/strict";
import { compileGrams } from "./matcher.ts";
import { conditionalEntropy, countFollowing, countGrams, type Counts, semanticEntropy } from "./semantic_entropy.ts";

Deno.test("semanticEntropy() is log n for n equally frequent grams and 0 for one or none", () => {
  assert.equal(semanticEntropy({ a: 3, b: 3, c: 3, d: 3 }).bits, 2);
  assert.equal(semanticEntropy({ a: 3, b: 3 }).nats, Math.LN2);
  for (const counts of [{}, { a: 5 }, { a: 5, b: 0 }, { a: 0 }] as Counts[]) {
    assert.deepEqual(semanticEntropy(counts), { nats: 0, bits: 0 });
  }
});

Deno.test("conditionalEntropy() weighs each gram by how often something followed it", () => {
  assert.equal(conditionalEntropy({ a: { x: 1, y: 1 }, b: { x: 6 } }).bits, 0.25);
  assert.equal(conditionalEntropy({ a: {}, b: { x: 1, y: 1 } }).bits, 1);
  assert.equal(conditionalEntropy({}).bits, 0);
});

Deno.test("countGrams() counts the longest gram at each word, in all texts", () => {
  const matcher = compileGrams(["let us", "let us check", "us"]);
  assert.deepEqual(countGrams(["Let us check. Let us go", "us"], matcher), { "let us check": 1, us: 3, "let us": 1 });
});

Deno.test("countFollowing() takes the symbols behind a gram, up to the next one", () => {
  const matcher = compileGrams(["first", "then", "let us check"]);
  const texts = ["First 34+36=70 apples.\nthen 7", "then, so\nlet us check 3*2", "FIRST 34 + 36 = 80"];
  assert.deepEqual(countFollowing(texts, matcher), { first: { "34 + 36": 2 }, "let us check": { "3 * 2": 1 } });
  assert.deepEqual(countFollowing(texts, matcher, { length: 1 }).then, { "7": 1, ",": 1 });
});
