import { strict as assert } from "node:assert";
import { compileGrams, planningMask } from "../../algorithms/mod.ts";
import { drawDemonstration } from "../../fixtures/search/demonstrations.ts";
import { keyOf } from "../../policy/random.ts";
import { webSearch } from "../web_search.ts";
import { strategicGrams } from "./strategic_grams.ts";

Deno.test("the strategic grams stand in spoken demonstrations of a search, and in no other style", async () => {
  const problems = await webSearch.problems({ split: "train" });
  const matcher = compileGrams(strategicGrams);
  for (let index = 0; index < 200; index++) {
    const { turns, style } = await drawDemonstration(problems.at(index), keyOf(8, "test", index));
    const words = turns.flatMap(({ text }) => text.split(/(?<= )/));
    const planning = planningMask(words, matcher);
    const marked = words.filter((_, place) => planning[place] === 1).map((word) => word.trim());
    assert.equal(marked.length > 0, style === "spoken", words.join(""));
    assert.ok(marked.every((word) => strategicGrams.some((gram) => gram.split(" ").includes(word))), marked.join("|"));
  }
  assert.equal(webSearch.strategicGrams, strategicGrams);
});
