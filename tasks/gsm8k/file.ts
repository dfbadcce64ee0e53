/**
 * The file source: rows with the columns `question` and `answer`, as GSM8K publishes them.
 *
 * @module
 */

import { parseNumber } from "../grading/number.ts";
import { DataError } from "../source/data_error.ts";
import type { Row } from "../source/row.ts";
import { readRows } from "../source/rows.ts";
import type { Problem, Problems } from "../task.ts";

/** Problems of a `.jsonl` or `.parquet` file, in its order. The gold answer is what follows the last `####`. */
export async function problemsOfFile(path: string): Promise<Problems> {
  const { rows, digest } = await readRows(path, { question: "string", answer: "string" });
  const name = path.split(/[\\/]/).at(-1);
  const problems = rows.map((row) => problemOf(row, `${name}:${row.line}`));
  return {
    length: problems.length,
    source: path,
    digest,
    at(index) {
      const problem = problems[index];
      if (!problem) throw new Error(`${path}: there is no problem ${index}; the file has ${problems.length}.`);
      return problem;
    },
  };
}

function problemOf({ values, where }: Row, id: string): Problem {
  const { question, answer } = values as { question: string; answer: string };
  const at = answer.lastIndexOf("####");
  if (at < 0) throw new DataError(`${where}: the answer has no final line "#### number".`);
  const gold = answer.slice(at + 4).trim();
  if (parseNumber(gold) === null) throw new DataError(`${where}: ${JSON.stringify(gold)} behind #### is not a number.`);
  return { id, question, gold, meta: { solution: answer } };
}
