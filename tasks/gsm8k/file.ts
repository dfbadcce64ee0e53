/**
 * The published data: rows with the columns `question` and `answer`, from a file or from the hub (`openai/gsm8k`).
 *
 * @module
 */

import { parseNumber } from "../grading/number.ts";
import { DataError } from "../source/data_error.ts";
import { problemsOfRows } from "../source/problems.ts";
import type { Row } from "../source/row.ts";
import type { ReadOptions } from "../source/rows.ts";
import type { Problem, Problems } from "../task.ts";

/** Problems of a file or of a data set on the hub, in its order. The gold answer is what follows the last `####`. */
export function problemsOfFile(source: string, options: ReadOptions = {}): Promise<Problems> {
  return problemsOfRows(source, { ...options, columns: { question: "string", answer: "string" }, problemOf });
}

function problemOf({ id, values, where }: Row): Problem {
  const { question, answer } = values as { question: string; answer: string };
  const at = answer.lastIndexOf("####");
  if (at < 0) throw new DataError(`${where}: the answer has no final line "#### number".`);
  const gold = answer.slice(at + 4).trim();
  if (parseNumber(gold) === null) throw new DataError(`${where}: ${JSON.stringify(gold)} behind #### is not a number.`);
  return { id, question, gold, meta: { solution: answer } };
}
