import { strict as assert } from "node:assert";
import { math } from "./math.ts";
import { tasks } from "./mod.ts";

const embedded = (await math.problems({ split: "test" })).at(0);
const file = { id: "a", question: "What is one half?", gold: "\\frac{1}{2}" };

Deno.test("math is a task", () => assert.equal(tasks.math, math));

Deno.test("the worked solution of an embedded problem is right and in form", async () => {
  const { rewards, answer } = await math.grade(embedded, embedded.meta!.solution as string);
  assert.deepEqual(rewards, { accuracy: 1, format: 1, parsed: 1 });
  assert.equal(answer, embedded.gold);
});

Deno.test("an answer is compared by what it means", async () => {
  for (const answer of ["0.5", "\\frac12", "\\dfrac{2}{4}", "\\frac{1}{2}."]) {
    assert.equal((await math.grade(file, `It is $\\boxed{${answer}}$.`)).rewards.accuracy, 1, answer);
  }
  const { rewards, reason } = await math.grade(file, "$\\boxed{0.6}$");
  assert.deepEqual(rewards, { accuracy: 0, format: 1, parsed: 1 });
  assert.match(reason, /^different/);
});

Deno.test("without a box: a flagged fallback for files, nothing for embedded problems", async () => {
  const found = await math.grade(file, "The answer is 0.5.");
  assert.deepEqual(found.rewards, { accuracy: 1, format: 0, parsed: 1 });
  assert.match(found.reason, /^equal.*\(fallback: no \\boxed, answer is\)$/);
  const strict = await math.grade({ ...file, meta: { strict: true } }, "The answer is 0.5.");
  assert.deepEqual(strict, {
    rewards: { accuracy: 0, format: 0, parsed: null },
    answer: null,
    reason: "no \\boxed in the response",
  });
  const overruled = await math.grade({ ...file, meta: { strict: true } }, "The answer is 0.5.", { strict: false });
  assert.equal(overruled.rewards.accuracy, 1);
});

Deno.test("what can't be read is not right, and counted", async () => {
  const { rewards, reason } = await math.grade(file, "\\boxed{\\frac{{{}");
  assert.equal(rewards.accuracy, 0);
  assert.ok(reason.length > 0);
  const unread = await math.grade(file, "\\boxed{\\qqq{1}_{)}}");
  assert.deepEqual(unread.rewards, { accuracy: 0, format: 1, parsed: 0 });
  assert.match(unread.reason, /^unparsed/);
});

Deno.test("models are told to use a box, the embedded policy was taught it", () => {
  assert.equal(
    math.prompt(file),
    "What is one half?\nPlease reason step by step, and put your final answer within \\boxed{}.\nAnswer:\n",
  );
  assert.equal(math.prompt(embedded), `${embedded.question}\nAnswer:\n`);
});
