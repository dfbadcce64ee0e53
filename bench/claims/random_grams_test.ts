import { strict as assert } from "node:assert";
import { keyOf } from "../../policy/random.ts";
import { loadTokenizer } from "../../policy/tokenizer.ts";
import { drawDemonstration } from "../../fixtures/demonstrations.ts";
import { gsm8k } from "../../tasks/gsm8k.ts";
import { strategicGrams } from "../../tasks/gsm8k/strategic_grams.ts";
import { loadBenchmark } from "../benchmark.ts";
import { markedShare, randomGrams, type TokenizedText } from "./random_grams.ts";

/** The right ones of the demonstrations that the strategic grams were mined from. */
async function demonstrations(): Promise<TokenizedText[]> {
  const problems = await gsm8k.problems({ split: "train" });
  const tokenizer = await loadTokenizer(new URL("../../fixtures/base/", import.meta.url).pathname);
  return Array.from(
    { length: 2000 },
    (_, index) => drawDemonstration(problems.at(index), keyOf(0, "demonstration", index)),
  )
    .filter(({ right }) => right)
    .map(({ text }) => ({ text, pieces: tokenizer.encode(text).map((token) => tokenizer.decode([token])) }));
}

Deno.test("the random n-grams of the claims suite are drawn from the demonstrations and mark as many tokens", async () => {
  const texts = await demonstrations();
  const grams = randomGrams(texts, strategicGrams, keyOf(0, "random grams"));
  const { tasks } = await loadBenchmark("claims");
  const entry = tasks[0].algorithms.find(({ label }) => label === "hicra, random n-grams")!;
  assert.deepEqual(entry.training.strategicGrams, grams);
  assert.ok(Math.abs(markedShare(texts, grams) / markedShare(texts, strategicGrams) - 1) < 0.01);
  const words = new Set(strategicGrams.flatMap((gram) => gram.split(" ")));
  assert.ok(grams.every((gram) => gram.split(" ").every((word) => !words.has(word))));
  assert.notDeepEqual(randomGrams(texts, strategicGrams, keyOf(1, "random grams")), grams);
});

Deno.test("texts with too few other n-grams are refused", () => {
  const texts = [{ text: "then 2", pieces: ["then", " 2"] }, { text: "then 3", pieces: ["then", " 3"] }];
  assert.throws(() => randomGrams(texts, ["then"], keyOf(0)), { name: "RangeError", message: /too few n-grams/ });
});
