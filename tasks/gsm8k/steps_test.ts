import { strict as assert } from "node:assert";
import { gsm8k } from "../gsm8k.ts";
import { sharedData } from "../source/shared_data_for_tests.ts";
import type { Problem } from "../task.ts";
import { checkEquations } from "./equations.ts";
import { gradeSteps } from "./steps.ts";

const problem: Problem = { id: "a", question: "", gold: "14", meta: { strict: true } };

/** Each step as its text from the end of the one before, and its reward. */
function steps(response: string, of = problem): [string, number][] {
  let from = 0;
  return gradeSteps(of, response).map(({ end, reward }) => {
    const text = response.slice(from, end);
    from = end;
    return [text, reward];
  });
}

Deno.test("a line with an equation is a step, any other line is part of the next", () => {
  assert.deepEqual(steps("let us think.\nfirst 34+36=70 apples. \nthen 70/5=15 apples.\n\n#### 15\n"), [
    ["let us think.\nfirst 34+36=70 apples.", 1],
    [" \nthen 70/5=15 apples.", 0],
    ["\n\n#### 15", 0],
  ]);
});

Deno.test("the step of the answer is right if the response is graded right", () => {
  assert.deepEqual(steps("#### 14"), [["#### 14", 1]]);
  assert.deepEqual(steps("#### 13\n#### 14"), [["#### 13\n#### 14", 1]]);
  assert.deepEqual(steps("#### 14, as 2+2=5"), [["#### 14, as 2+2=5", 0]]);
  assert.deepEqual(steps("#### 14\nand 1+1=2\nbye"), [["#### 14", 1], ["\nand 1+1=2", 1]]);
});

Deno.test("a response without an answer ends with a step of reward 0", () => {
  assert.deepEqual(steps("7*2=14\nso it is 14"), [["7*2=14", 1], ["\nso it is 14", 0]]);
  assert.deepEqual(steps("7*2=14"), [["7*2=14", 0]]);
  assert.deepEqual(steps("7*2=14\n"), [["7*2=14", 1], ["\n", 0]]);
  assert.deepEqual(steps(" "), [[" ", 0]]);
  assert.deepEqual(steps(""), []);
  assert.deepEqual(steps("7*2=14\nso it is 14", { ...problem, meta: {} }), [["7*2=14", 1], ["\nso it is 14", 1]]);
});

Deno.test("every step of a generated solution gets 1, and one wrong line alone gets 0", async () => {
  const problems = await gsm8k.problems({ split: "train", seed: 4 });
  for (let index = 0; index < 2000; index++) {
    const one = problems.at(index), solution = one.meta!.solution as string;
    const graded = gsm8k.gradeSteps!(one, solution);
    assert.equal(graded.length, solution.split("\n").length);
    assert.ok(graded.every(({ reward }) => reward === 1), solution);
    assert.equal(graded.at(-1)!.end, solution.length);
    const slip = solution.replace(/=(\d+)/, (_, result) => `=${Number(result) + 1}`);
    assert.deepEqual(gsm8k.gradeSteps!(one, slip).map(({ reward }) => reward), graded.map((_, i) => i === 0 ? 0 : 1));
  }
});

sharedData("at least 99.7 % of the lines of published solutions get 1, and every answer", async (folder) => {
  for (const name of ["train", "test"]) {
    const problems = await gsm8k.problems({ split: "train", source: `${folder}/gsm8k/${name}.jsonl` });
    let lines = 0, right = 0;
    for (let index = 0; index < problems.length; index++) {
      const one = problems.at(index), solution = one.meta!.solution as string;
      const graded = gradeSteps(one, solution);
      assert.equal(graded.at(-1)!.reward, 1, one.id);
      lines += graded.length - 1;
      right += graded.slice(0, -1).filter(({ reward }) => reward === 1).length;
      assert.equal(graded.length - 1, solution.split("\n").filter((line) => checkEquations(line).length > 0).length);
    }
    assert.ok(right / lines >= 0.997, `${name}: ${right} of ${lines}`);
  }
});

sharedData("published wrong responses have wrong steps more often than right ones", async (folder) => {
  const text = await Deno.readTextFile(`${folder}/gsm8k/model_solutions.jsonl`);
  const share = { true: [0, 0], false: [0, 0] };
  for (const line of text.trimEnd().split("\n")) {
    const { gold, response, correct } = JSON.parse(line);
    const graded = gradeSteps({ id: "", question: "", gold }, response);
    const own = share[`${correct as boolean}`];
    own[0] += graded.filter(({ reward }) => reward === 0).length;
    own[1] += graded.length;
  }
  const [right, wrong] = [share.true, share.false].map(([zero, all]) => zero / all);
  assert.ok(right < 0.01 && wrong > 0.2, `${right} and ${wrong}`);
});
