import { strict as assert } from "node:assert";
import { DataError } from "../source/data_error.ts";
import { sharedData } from "../source/shared_data_for_tests.ts";
import { problemsOfFile } from "./file.ts";

async function withFile(content: string, run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    await Deno.writeTextFile(path, content);
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a file's gold answer is what follows the last ####", async () => {
  await withFile('{"question": "How many?", "answer": "#### 1\\n#### 1,000"}\n', async (path) => {
    const problems = await problemsOfFile(path);
    assert.equal(problems.length, 1);
    const { gold, question, id, meta } = problems.at(0);
    assert.deepEqual({ gold, question, meta }, {
      gold: "1,000",
      question: "How many?",
      meta: { solution: "#### 1\n#### 1,000" },
    });
    assert.match(id, /\.jsonl:1$/);
    assert.throws(() => problems.at(1), /there is no problem 1; it has 1/);
  });
});

Deno.test("an answer without a final number is refused with file and line", async () => {
  await withFile('{"question": "a", "answer": "#### 1"}\n{"question": "b", "answer": "five"}\n', async (path) => {
    await assert.rejects(
      problemsOfFile(path),
      new DataError(`${path}, line 2: the answer has no final line "#### number".`),
    );
  });
  await withFile('{"question": "b", "answer": "#### five"}\n', async (path) => {
    await assert.rejects(problemsOfFile(path), new DataError(`${path}, line 1: "five" behind #### is not a number.`));
  });
});

sharedData("the published files: 7,473 and 1,219 problems", async (folder) => {
  assert.equal((await problemsOfFile(`${folder}/gsm8k/train.jsonl`)).length, 7473);
  const test = await problemsOfFile(`${folder}/gsm8k/test.jsonl`);
  assert.equal(test.length, 1219);
  const { id, gold } = test.at(0);
  assert.deepEqual({ id, gold }, { id: "test.jsonl:1", gold: "18" });
});

sharedData("JSON lines and the hub's Parquet hold the same problems", async (folder) => {
  const lines = await problemsOfFile(`${folder}/gsm8k/test.jsonl`);
  const parquet = await problemsOfFile(`${folder}/hub/datasets/openai/gsm8k/main/test-00000-of-00001.parquet`);
  assert.equal(parquet.length, lines.length);
  for (let i = 0; i < lines.length; i++) {
    assert.deepEqual({ ...parquet.at(i), id: "" }, { ...lines.at(i), id: "" });
  }
});
