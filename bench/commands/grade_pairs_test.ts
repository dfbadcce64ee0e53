import { strict as assert } from "node:assert";
import { grade, type GradeCommandOptions } from "./grade.ts";

// The grader's thread lives on, unreferenced.
const alive = { sanitizeResources: false, sanitizeOps: false };

async function run(rows: unknown[], options: (path: string) => GradeCommandOptions) {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  await Deno.writeTextFile(path, rows.map((row) => JSON.stringify(row) + "\n").join(""));
  const printed: string[] = [], errors: string[] = [];
  try {
    const say = { print: (line: string) => printed.push(line), printError: (line: string) => errors.push(line) };
    return { code: await grade({ ...options(path), ...say }), printed, errors, path };
  } finally {
    await Deno.remove(path);
  }
}

const pairs = [
  { gold: "1/2", pred: "0.5", equal: true, note: "other fields do not matter" },
  { gold: "1/2", pred: "0.4", equal: true },
  { gold: "1/2", pred: "\\frac{2}{4}", equal: false },
  { gold: "3", pred: "\\frac{1}{", equal: false },
];

Deno.test({
  name: "grade --pairs lists disagreements and ends with five lines",
  ...alive,
  async fn() {
    const { code, printed, path } = await run(pairs, (path) => ({ task: "math", pairs: path }));
    assert.equal(code, 0);
    assert.deepEqual(printed.slice(0, -1), [
      `${path}, line 2: "1/2" and "0.4" labelled equal, graded different (different: value)`,
      `${path}, line 3: "1/2" and "\\\\frac{2}{4}" labelled different, graded equal (equal: value)`,
      "agreement: 2/4 (50.00 %)",
      "false positives: 1",
      "false negatives: 1",
      "unparsed: 1",
    ]);
    assert.match(printed.at(-1)!, /^slowest: \d+ ms$/);
    const json = JSON.parse((await run(pairs, (path) => ({ task: "math", pairs: path, json: true }))).printed.join(""));
    assert.deepEqual([json.graded, json.agreed, json.falsePositives, json.unparsed], [4, 2, 1, 1]);
  },
});

Deno.test({
  name: "grade --responses of a task that compares answers ends with the same lines, whatever its columns are called",
  ...alive,
  async fn() {
    const rows = [
      { gold: "3", response: "So $\\boxed{3}$.", correct: true },
      { gold: "3", pred: "The answer is 4.", equal: false },
    ];
    const { code, printed } = await run(rows, (path) => ({ task: "math", responses: path }));
    assert.equal(code, 0);
    assert.deepEqual(printed.slice(0, -1), [
      "graded: 2 responses, 1 right (50.00 %)",
      "answers: 1 in the task's form, 1 by the fallback, 0 none",
      "agreement: 2/2 (100.00 %)",
      "false positives: 0",
      "false negatives: 0",
      "unparsed: 0",
    ]);
    const { errors, path } = await run([{ gold: "3", equal: true }], (path) => ({ task: "math", responses: path }));
    assert.deepEqual(errors, [`${path}, line 1: the column "response" (or "pred") is missing (there: gold, equal).`]);
  },
});

Deno.test("short answers are compared by exact match after normalisation; a list of gold answers holds aliases", async () => {
  const { code, printed } = await run([
    { gold: "The Hague", pred: "hague.", equal: true },
    { gold: ["G. Stanley Hall", "Stanley Hall"], pred: "stanley hall", equal: true },
    { gold: ["yes"], pred: "Yes", equal: true },
    { gold: "yes", pred: "yes, it is", equal: false },
    { gold: ["Paris", "Lutetia"], pred: "London", equal: true },
  ], (path) => ({ task: "web_search", pairs: path, json: true }));
  assert.equal(code, 0);
  const { agreement, disagreements } = JSON.parse(printed.join(""));
  assert.equal(agreement, 0.8);
  assert.deepEqual(disagreements.map(({ gold }: { gold: string }) => gold), ["Paris or Lutetia"]);
  for (const gold of [3, [], ["Paris", null]]) {
    const { code, errors } = await run(
      [{ gold, pred: "3", equal: true }],
      (path) => ({ task: "web_search", pairs: path }),
    );
    assert.equal(code, 1);
    assert.match(errors[0], /line 1: the column "gold" is not a string, nor a list of them\.$/);
  }
});

Deno.test("--pairs is refused for a task that does not compare bare answers", async () => {
  const { code, errors } = await run(pairs, (path) => ({ task: "gsm8k", pairs: path }));
  assert.equal(code, 1);
  assert.match(
    errors[0],
    /^--pairs: the task gsm8k does not compare bare answers \(those that do: math, web_search.*\)\.$/,
  );
});
