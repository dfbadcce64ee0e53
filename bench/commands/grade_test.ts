import { strict as assert } from "node:assert";
import { sharedData } from "../../tasks/source/shared_data_for_tests.ts";
import { grade, type GradeCommandOptions } from "./grade.ts";

async function run(options: GradeCommandOptions) {
  const printed: string[] = [], errors: string[] = [];
  const code = await grade({
    print: (line) => printed.push(line),
    printError: (line) => errors.push(line),
    ...options,
  });
  return { code, printed, errors };
}

async function withResponses(rows: unknown[], test: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  await Deno.writeTextFile(path, rows.map((row) => JSON.stringify(row) + "\n").join(""));
  try {
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("grade --gold without a file grades the embedded solutions", async () => {
  const { code, printed } = await run({ task: "gsm8k", gold: true });
  assert.equal(code, 0);
  assert.deepEqual(printed, ["gold solutions of embedded: 1000/1000 right (100.00 %)"]);
});

Deno.test("grade --responses lists disagreements and ends with the agreement", async () => {
  const rows = [
    { gold: "1,000", response: "#### 1000", correct: true },
    { gold: "5", response: "A: 4", correct: true },
    { gold: "5", response: "none", correct: false },
  ];
  await withResponses(rows, async (path) => {
    const { code, printed } = await run({ task: "gsm8k", responses: path });
    assert.equal(code, 0);
    assert.deepEqual(printed, [
      `${path}, line 2: labelled right, graded wrong (different: 4 is not 5 (fallback: no ####, last number))`,
      "graded: 3 responses, 1 right (33.33 %)",
      "answers: 1 in the task's form, 1 by the fallback, 1 none",
      "agreement: 2/3 (66.66 %)",
    ]);
    const json = JSON.parse((await run({ task: "gsm8k", responses: path, json: true })).printed.join(""));
    assert.equal(json.agreed, 2);
    assert.equal(json.disagreements.length, 1);
    assert.deepEqual(json.answers, { form: 1, fallback: 1, none: 1 });
    const strict = await run({ task: "gsm8k", responses: path, strict: true });
    assert.equal(strict.printed.at(-2), "answers: 1 in the task's form, 0 by the fallback, 2 none");
  });
});

Deno.test("bad input ends with one sentence and exit code 1", async () => {
  const cases: [options: GradeCommandOptions, message: RegExp][] = [
    [{ task: "gms8k", gold: true }, /^unknown task "gms8k"; did you mean "gsm8k"\?$/],
    [{ task: "toString", gold: true }, /^unknown task "toString"; /],
    [{ task: "gsm8k" }, /^say what to grade: either --gold .* or --responses FILE\.$/],
    [{ task: "gsm8k", gold: true, responses: "a.jsonl" }, /^say what to grade/],
    [{ task: "gsm8k", data: "a.jsonl", responses: "a.jsonl" }, /^--data has no effect with --responses/],
    [{ task: "gsm8k", gold: true, data: "missing.jsonl" }, /^missing\.jsonl: there is no such file\.$/],
    [{ task: "gsm8k", responses: "missing.jsonl" }, /^missing\.jsonl: there is no such file\.$/],
  ];
  for (const [options, message] of cases) {
    const { code, printed, errors } = await run(options);
    assert.equal(code, 1);
    assert.deepEqual(printed, []);
    assert.equal(errors.length, 1);
    assert.match(errors[0], message);
  }
});

Deno.test("a response whose gold answer is no number is refused with its line", async () => {
  await withResponses([{ gold: "?", response: "1", correct: false }], async (path) => {
    const { code, errors } = await run({ task: "gsm8k", responses: path });
    assert.equal(code, 1);
    assert.deepEqual(errors, [`${path}, line 1: The gold answer "?" is not a number.`]);
  });
});

sharedData("all published solutions are graded right, from JSON lines and from Parquet", async (folder) => {
  const hub = `${folder}/hub/datasets/openai/gsm8k/main`;
  for (
    const [data, count] of [
      [`${folder}/gsm8k/train.jsonl`, 7473],
      [`${folder}/gsm8k/test.jsonl`, 1219],
      [`${hub}/train-00000-of-00001.parquet`, 7473],
    ] as const
  ) {
    const { code, printed } = await run({ task: "gsm8k", data, gold: true });
    assert.equal(code, 0);
    assert.deepEqual(printed, [`gold solutions of ${data}: ${count}/${count} right (100.00 %)`]);
  }
});

sharedData("at least 99.5 % of the published labels agree", async (folder) => {
  const { code, printed } = await run({ task: "gsm8k", responses: `${folder}/gsm8k/model_solutions.jsonl` });
  assert.equal(code, 0);
  const [, agreed, graded] = /^agreement: (\d+)\/(\d+) \([\d.]+ %\)$/.exec(printed.at(-1)!)!;
  assert.ok(Number(agreed) / Number(graded) >= 0.995, printed.at(-1));
});
