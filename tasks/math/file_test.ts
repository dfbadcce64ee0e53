import { strict as assert } from "node:assert";
import { DataError } from "../source/data_error.ts";
import { sharedData } from "../source/shared_data_for_tests.ts";
import { problemsOfFile } from "./file.ts";

async function withFile(rows: readonly unknown[], run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    await Deno.writeTextFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("both layouts give the same problem", async () => {
  const solution = "We get $\\boxed{1}$, so $\\boxed{\\frac{1}{2}}$.";
  const hendrycks = { problem: "What?", level: "Level 4", type: "Algebra", solution };
  const math500 = {
    problem: "What?",
    solution,
    answer: "\\frac{1}{2}",
    subject: "Algebra",
    level: 4,
    unique_id: "a/1",
  };
  await withFile([hendrycks, math500], async (path) => {
    const problems = await problemsOfFile(path);
    const [first, second] = [problems.at(0), problems.at(1)];
    assert.deepEqual({ ...first, id: "" }, { ...second, id: "" });
    assert.equal(first.gold, "\\frac{1}{2}");
    assert.deepEqual(first.meta, { level: 4, subject: "Algebra", solution });
    assert.match(first.id, /\.jsonl:1$/);
    assert.equal(second.id, "a/1");
  });
});

Deno.test("an unknown level is no level, and a solution without a box has no answer", async () => {
  await withFile([{ problem: "What?", level: "Level ?", type: "Geometry", solution: "None." }], async (path) => {
    const { gold, meta } = (await problemsOfFile(path)).at(0);
    assert.deepEqual([gold, meta!.level], ["", null]);
  });
});

Deno.test("a file of other columns is refused", async () => {
  await withFile([{ question: "a", answer: "b" }], async (path) => {
    await assert.rejects(
      problemsOfFile(path),
      (error: Error) => error instanceof DataError && /"problem"/.test(error.message),
    );
  });
});

sharedData("JSON lines and the hub's Parquet hold the same problems", async (folder) => {
  const lines = await problemsOfFile(`${folder}/math/train.jsonl`);
  const questions = new Map(Array.from({ length: lines.length }, (_, i) => [lines.at(i).question, lines.at(i)]));
  const parquet = await problemsOfFile(
    `${folder}/hub/datasets/EleutherAI/hendrycks_math/precalculus/train-00000-of-00001.parquet`,
  );
  assert.equal(parquet.length, 746);
  for (let i = 0; i < parquet.length; i++) {
    const { id: _, ...problem } = parquet.at(i), { id: __, ...line } = questions.get(problem.question)!;
    assert.deepEqual(problem, line);
  }
});

sharedData("MATH-500's own answers are what stands in its last boxes", async (folder) => {
  const problems = await problemsOfFile(`${folder}/hub/datasets/HuggingFaceH4/MATH-500/test.jsonl`);
  assert.equal(problems.length, 400);
  assert.match(problems.at(0).id, /^test\//);
});
