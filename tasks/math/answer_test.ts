import { strict as assert } from "node:assert";
import { answerOf } from "./answer.ts";

Deno.test("a box comes first, whatever else is written", () => {
  assert.deepEqual(answerOf("$\\boxed{5}$. The answer is 6."), { text: "5", from: "box" });
});

Deno.test("without a box the answer is what is stated, and where it was found is said", () => {
  const cases = [
    ["So 2 and 3. The final answer is $\\frac{1}{2}$. I hope it is correct.", "\\frac{1}{2}", "answer is"],
    ["We add them up.\nFinal answer: 42", "42", "answer is"],
    ["We add the numbers and get, after some work, 3, then\n19-4=15\n15/3=5", "5", "last number"],
  ];
  for (const [response, text, from] of cases) {
    const found = answerOf(response);
    assert.deepEqual([found.text?.replaceAll("$", ""), found.from], [text, from], response);
  }
  assert.deepEqual(answerOf(""), { text: null, from: "no box" });
});

Deno.test("strict: only a box; and nobody guesses at a box that was cut", () => {
  assert.deepEqual(answerOf("The answer is 5.", { strict: true }), { text: null, from: "no box" });
  assert.deepEqual(answerOf("The answer is 5: \\boxed{5", { strict: false }), { text: null, from: "not closed" });
});
