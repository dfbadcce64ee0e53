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

Deno.test("readRows() reads CSV, with quotes, line breaks in fields, blank lines, CRLF and a byte-order mark", async () => {
  const read = await reading(".csv", '\ufeffquestion,answer,more\r\n"a,\n""b""",c,\r\n\r\n d ,"e\nf\n",1\ng,h,\n');
  assert.ok(typeof read !== "string");
  assert.deepEqual(read.rows.map(({ line, values }) => [line, values.question, values.answer, values.more]), [
    [2, 'a,\n"b"', "c", ""],
    [5, " d ", "e\nf\n", "1"],
    [8, "g", "h", ""],
  ]);
  assert.match(read.rows[1].id, /\.csv:5$/);
});

Deno.test("readRows() reads numbers and booleans of CSV where a column is to hold them", async () => {
  const path = await Deno.makeTempFile({ suffix: ".csv" });
  await Deno.writeTextFile(path, "right,level,text\ntrue,5,5\nFalse,-1.5e3,true\n");
  const types: Columns = { right: "boolean", level: "number", text: "string" };
  const { rows } = await readRows(path, types);
  assert.deepEqual(rows.map(({ values }) => values), [{ right: true, level: 5, text: "5" }, {
    right: false,
    level: -1500,
    text: "true",
  }]);
  await Deno.writeTextFile(path, "right,level,text\ntrue,five,5\n");
  await assert.rejects(
    readRows(path, types),
    new DataError(`${path}, line 2: the column "level" is a string, not a number.`),
  );
  await Deno.remove(path);
});

Deno.test("readRows() names file, line and reason of what is wrong in CSV", async () => {
  const cases: [content: string, message: RegExp][] = [
    ["", /^: the file is empty\.$/],
    ["question,answer\n", /^: the file has no rows\.$/],
    ["question,answer\n1,2\n3\n", /^, line 3: not valid CSV \(Invalid Record Length: .+\)\.$/],
    ['question,answer\n1,"2\n3,4\n', /^, line \d: not valid CSV \(Quote Not Closed: .+\)\.$/],
    ['question,answer\n1,x"2\n', /^, line 2: not valid CSV \(.+\)\.$/],
    ["question\n1\n", /^, line 2: the column "answer" is missing \(there: question\)\.$/],
  ];
  for (const [content, message] of cases) assert.match(String(await reading(".csv", content)), message);
});

Deno.test("readRows() reads what was compressed with gzip, and refuses what only says so", async () => {
  const stream = new Blob(['{"question": "a", "answer": "b"}\n']).stream().pipeThrough(new CompressionStream("gzip"));
  const zipped = new Uint8Array(await new Response(stream).arrayBuffer());
  const read = await reading(".jsonl.gz", zipped);
  assert.ok(typeof read !== "string");
  assert.deepEqual(read.rows[0].values, { question: "a", answer: "b" });
  assert.match(String(await reading(".jsonl.gz", zipped.slice(0, -9))), /^: the file is damaged or not gzip\.$/);
  assert.match(String(await reading(".csv.gz", "question,answer\n")), /^: the file is damaged or not gzip\.$/);
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
