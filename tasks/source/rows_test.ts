import { strict as assert } from "node:assert";
import { DataError } from "./data_error.ts";
import { type Columns, readRows } from "./rows.ts";

const columns: Columns = { question: "string", answer: "string" };

/** Two rows, written with hyparquet-writer 0.17.0 (Snappy). */
const PARQUET =
  "UEFSMRUGFUIVRlwVBBUAFQQVABUEFQAAAAMDH3gJAAAASG93IG1hbnk/DgAAAEhvdyBtYW55IG1vcmU/FQYVRhVKXBUEFQAVBBUAFQQVAAAAAwMhgA8AAAA0MCsyPTQyCiMjIyMgNDIKAAAAIyMjIyAxLDAwMBUEGTxIBHJvb3QVBAAVDCUCGAhxdWVzdGlvbiUAABUMJQIYBmFuc3dlciUAABYEGRwZLCYIHBUMGRUAGRgIcXVlc3Rpb24VAhYEFmwWcCYIPDYAKAlIb3cgbWFueT8YDkhvdyBtYW55IG1vcmU/ABkcFQYVABUCAAAAJngcFQwZFQAZGAZhbnN3ZXIVAhYEFnAWdCZ4PDYAKA80MCsyPTQyCiMjIyMgNDIYCiMjIyMgMSwwMDAAGRwVBhUAFQIAAAAW3AEWBDbkAQAoCWh5cGFycXVldBksHAAAHAAAAN4AAABQQVIx";

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

async function reading(suffix: string, content: string | Uint8Array) {
  const path = await Deno.makeTempFile({ suffix });
  try {
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return await readRows(path, columns);
  } catch (error) {
    assert.ok(error instanceof DataError, String(error));
    assert.ok(error.message.startsWith(path), error.message);
    assert.ok(!error.message.includes("\n"), "one sentence on one line");
    return error.message.slice(path.length);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readRows() reads JSON lines, with blank lines, CRLF and a byte-order mark", async () => {
  const read = await reading(
    ".jsonl",
    '\ufeff{"question": "a", "answer": "b"}\r\n\n{"answer": "d", "question": "c", "more": 1}',
  );
  assert.ok(typeof read !== "string");
  assert.deepEqual(read.rows.map(({ line, values }) => [line, values.question, values.answer]), [[1, "a", "b"], [
    3,
    "c",
    "d",
  ]]);
  assert.equal(read.rows[1].values.more, 1);
  assert.match(read.digest, /^[0-9a-f]{64}$/);
});

Deno.test("readRows() reads Parquet", async () => {
  const read = await reading(".parquet", bytes(PARQUET));
  assert.ok(typeof read !== "string");
  assert.deepEqual(read.rows.map(({ values }) => values), [
    { question: "How many?", answer: "40+2=42\n#### 42" },
    { question: "How many more?", answer: "#### 1,000" },
  ]);
});

Deno.test("readRows() names file, line and reason of what it can't read", async () => {
  const good = '{"question": "a", "answer": "b"}\n';
  const cases: [content: string, message: RegExp][] = [
    ["", /^: the file is empty\.$/],
    ["\n \n", /^: the file has no rows\.$/],
    [good + '{"question": "a", ', /^, line 2: not valid JSON \(.+\)\.$/],
    [good + "[1]", /^, line 2: a JSON object is expected, one a line\.$/],
    [good + "null", /^, line 2: a JSON object is expected, one a line\.$/],
    [good + '{"question": "a"}', /^, line 2: the column "answer" is missing \(there: question\)\.$/],
    [good + "{}", /^, line 2: the column "question" is missing \(there: none\)\.$/],
    [good + '{"question": "a", "answer": 5}', /^, line 2: the column "answer" is a number, not a string\.$/],
    [good + '{"question": null, "answer": ""}', /^, line 2: the column "question" is null, not a string\.$/],
  ];
  for (const [content, message] of cases) assert.match(String(await reading(".jsonl", content)), message);
  assert.match(String(await reading(".jsonl", new Uint8Array([0xff, 0xfe]))), /^: the file is not UTF-8 text\.$/);
  assert.match(String(await reading(".json", good)), /^: only \.jsonl, \.csv .+ and \.parquet files can be read/);
});

Deno.test("readRows() refuses damaged Parquet", async () => {
  const whole = bytes(PARQUET);
  for (const length of [1, 8, 100, whole.length - 1]) {
    const message = await reading(".parquet", whole.slice(0, length));
    assert.match(String(message), /^: the file is damaged or not Parquet \(.+\)\.$/);
  }
  assert.match(String(await reading(".parquet", "question,answer\n")), /damaged or not Parquet/);
});

Deno.test("readRows() says what stands in the place of a missing column of Parquet", async () => {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  await Deno.writeFile(path, bytes(PARQUET));
  await assert.rejects(
    readRows(path, { problem: "string" }),
    new DataError(`${path}: the column "problem" is missing (there: question, answer).`),
  );
  await Deno.remove(path);
});

Deno.test("readRows() refuses a missing file and a directory", async () => {
  await assert.rejects(readRows("no/such.jsonl", columns), new DataError("no/such.jsonl: there is no such file."));
  const folder = await Deno.makeTempDir({ suffix: ".jsonl" });
  await assert.rejects(readRows(folder, columns), /it is a directory; name one of its files\.$/);
  await Deno.remove(folder);
});
