import { strict as assert } from "node:assert";
import { tasks } from "./mod.ts";
import { gsm8k } from "./gsm8k.ts";

Deno.test("every task stands in the dictionary under its own name", () => {
  for (const [name, task] of Object.entries(tasks)) assert.equal(task.name, name);
  assert.equal(tasks.gsm8k, gsm8k);
});

Deno.test("generated solutions are graded right, and others wrong", async () => {
  for (const split of ["train", "test"] as const) {
    const problems = await gsm8k.problems({ split, seed: 9 });
    for (let index = 0; index < 5000; index++) {
      const problem = problems.at(index);
      const solution = problem.meta!.solution as string;
      assert.deepEqual(gsm8k.grade(problem, solution).rewards, { accuracy: 1, format: 1 }, problem.id);
      assert.equal(gsm8k.grade(problem, `${solution}1`).rewards.accuracy, problem.gold === "0" ? 1 : 0);
    }
  }
});

Deno.test("embedded problems are graded strictly unless asked otherwise, others with the fallback", async () => {
  const embedded = (await gsm8k.problems({ split: "test" })).at(0);
  const other = { id: "a", question: "", gold: embedded.gold };
  const response = `so it is ${embedded.gold}.`;
  assert.equal(gsm8k.grade(embedded, response).rewards.accuracy, 0);
  assert.equal(gsm8k.grade(embedded, response, { strict: false }).rewards.accuracy, 1);
  assert.equal(gsm8k.grade(other, response).rewards.accuracy, 1);
  assert.equal(gsm8k.grade(other, response, { strict: true }).rewards.accuracy, 0);
});

Deno.test("a prompt is the question, for models that nobody taught the form the wish for it, and the mark of its end", () => {
  const problem = { id: "a", question: "How many?", gold: "1" };
  assert.equal(gsm8k.prompt({ ...problem, meta: { strict: true } }), "How many?\nAnswer:\n");
  const told = 'How many?\nLet\'s think step by step and output the final answer after "####".\nAnswer:\n';
  assert.equal(gsm8k.prompt(problem), told);
});
