import { strict as assert } from "node:assert";
import { compileGrams, mineStrategicGrams, planningMask } from "../../algorithms/mod.ts";
import { drawDemonstration, PLANNING_PHRASES } from "../../fixtures/demonstrations.ts";
import { keyOf } from "../../policy/random.ts";
import { loadTokenizer } from "../../policy/tokenizer.ts";
import { gsm8k } from "../gsm8k.ts";
import { strategicGrams } from "./strategic_grams.ts";

const problems = await gsm8k.problems({ split: "train", seed: 8 });
const drawn = Array.from(
  { length: 2000 },
  (_, index) => drawDemonstration(problems.at(index), keyOf(8, "test", index)),
);

Deno.test("the strategic grams are what mining finds in the right demonstrations", () => {
  const { grams, clusters } = mineStrategicGrams(drawn.filter(({ right }) => right).map(({ text }) => text), {
    words: [1, 5],
  });
  assert.deepEqual(grams, strategicGrams);
  assert.equal(clusters.length, 17);
  assert.deepEqual(strategicGrams.toSorted(), PLANNING_PHRASES.toSorted());
  assert.equal(gsm8k.strategicGrams, strategicGrams);
});

Deno.test("in the tokens of a demonstration they mark the words that plan, and no number", async () => {
  const tokenizer = await loadTokenizer(new URL("../../fixtures/base/", import.meta.url).pathname);
  const matcher = compileGrams(strategicGrams);
  for (const { text, style } of drawn.slice(0, 200)) {
    const pieces = tokenizer.encode(text).map((token) => tokenizer.decode([token]));
    assert.equal(pieces.join(""), text);
    const planning = planningMask(pieces, matcher);
    const marked = pieces.filter((_, i) => planning[i] === 1);
    assert.equal(marked.length > 0, style !== "terse");
    assert.ok(marked.every((piece) => !/[\d+*/=]/.test(piece)), marked.join("|"));
  }
});
