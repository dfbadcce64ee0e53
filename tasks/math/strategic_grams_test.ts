import { strict as assert } from "node:assert";
import { compileGrams, mineStrategicGrams, planningMask } from "../../algorithms/mod.ts";
import { drawMathDemonstration } from "../../fixtures/math/demonstrations.ts";
import { keyOf } from "../../policy/random.ts";
import { loadTokenizer } from "../../policy/tokenizer.ts";
import { math } from "../math.ts";
import { exerciseOf } from "./embedded.ts";
import { strategicGrams } from "./strategic_grams.ts";

const problems = await math.problems({ split: "train", seed: 8 });
const drawn = Array.from(
  { length: 2000 },
  (_, index) => drawMathDemonstration(exerciseOf(problems.at(index)), keyOf(8, "test", index)),
);

Deno.test("what mining finds in the right demonstrations is among them, apart from LaTeX commands", () => {
  const right = drawn.filter(({ right, boxed }) => right && boxed).map(({ text }) => text);
  const { grams } = mineStrategicGrams(right, { words: [1, 5] });
  assert.deepEqual(grams.filter((gram) => !strategicGrams.includes(gram)).sort(), ["boxed", "cdot"]);
  assert.equal(math.strategicGrams, strategicGrams);
});

Deno.test("in the tokens of a demonstration they mark the words that plan, and no number", async () => {
  const tokenizer = await loadTokenizer(
    decodeURIComponent(new URL("../../fixtures/math/", import.meta.url).pathname),
  );
  const matcher = compileGrams(strategicGrams);
  for (const { text, style } of drawn.slice(0, 200)) {
    const pieces = tokenizer.encode(text).map((token) => tokenizer.decode([token]));
    const planning = planningMask(pieces, matcher);
    const marked = pieces.filter((_, i) => planning[i] === 1);
    assert.equal(marked.length > 0, style !== "terse", text);
    assert.ok(marked.every((piece) => !/[\d+*/=]/.test(piece)), marked.join("|"));
  }
});
