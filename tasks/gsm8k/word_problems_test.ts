import { strict as assert } from "node:assert";
import { keyOf } from "../../policy/random.ts";
import { apply, equation, LARGEST, wordProblem } from "./word_problems.ts";

const draws = Array.from({ length: 5000 }, (_, i) => wordProblem(keyOf(3, "test", i)));

Deno.test("the steps of a problem follow from each other, with integers from 0 to 99", () => {
  for (const { steps, question } of draws) {
    assert.ok(steps.length === 2 || steps.length === 3, question);
    for (const [i, { left, operator, right, result }] of steps.entries()) {
      assert.equal(apply(left, operator, right), result, question);
      for (const value of [left, right, result]) assert.ok(Number.isInteger(value) && value >= 0 && value <= LARGEST);
      if (i > 0) assert.equal(left, steps[i - 1].result, question);
    }
  }
});

Deno.test("the numbers of a question are the operands of its steps, in order", () => {
  for (const { steps, question } of draws) {
    const operands = [steps[0].left, ...steps.map((step) => step.right)];
    assert.deepEqual(question.match(/\d+/g)!.map(Number), operands, question);
  }
});

Deno.test("the answer has the data set's form: worked steps, then a last line with the result", () => {
  for (const { steps, answer } of draws) {
    const lines = answer.split("\n");
    assert.equal(lines.length, steps.length + 1);
    for (const [i, step] of steps.entries()) assert.ok(lines[i].includes(equation(step)), answer);
    assert.equal(lines.at(-1), `#### ${steps.at(-1)!.result}`);
  }
});

Deno.test("a problem is a pure function of its key", () => {
  assert.deepEqual(wordProblem(keyOf(3, "test", 17)), draws[17]);
  assert.notDeepEqual(wordProblem(keyOf(4, "test", 17)), draws[17]);
});

Deno.test("problems vary: operations all occur often and questions rarely repeat", () => {
  assert.ok(new Set(draws.map((problem) => problem.question)).size > 0.99 * draws.length);
  const steps = draws.flatMap((problem) => problem.steps);
  for (const operator of ["+", "-", "*", "/"]) {
    const share = steps.filter((step) => step.operator === operator).length / steps.length;
    assert.ok(share > 0.15 && share < 0.4, `${operator}: ${share}`);
  }
});
