import { strict as assert } from "node:assert";
import { answerOf } from "./answer.ts";

Deno.test("a box comes first, whatever else is written", () => {
  assert.deepEqual(answerOf("$\\boxed{5}$. The answer is 6."), { text: "5", from: "box" });
});

Deno.test("without a box: what is said to be the answer, the last formula, the last number", () => {
  assert.deepEqual(answerOf("So 2 and 3. The final answer is $\\frac{1}{2}$. I hope it is correct."), {
    text: "\\frac{1}{2}",
    from: "answer is",
  });
  assert.deepEqual(answerOf("Final answer: 42"), { text: "42", from: "answer is" });
  assert.deepEqual(answerOf("The answer is 0.5. Done."), { text: "0.5", from: "answer is" });
  assert.deepEqual(answerOf("Thus \\(x = 3\\) holds."), { text: "x = 3", from: "last formula" });
  assert.deepEqual(answerOf("19-4=15\n15/3=5"), { text: "5", from: "last number" });
  assert.deepEqual(answerOf("I do not know."), { text: null, from: "no box" });
});

Deno.test("strict: only a box; and nobody guesses at a box that was cut", () => {
  assert.deepEqual(answerOf("The answer is 5.", { strict: true }), { text: null, from: "no box" });
  assert.deepEqual(answerOf("The answer is 5: \\boxed{5", { strict: false }), { text: null, from: "not closed" });
});
