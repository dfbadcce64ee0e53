/**
 * Questions of a file in the layouts of HotpotQA, MuSiQue, 2WikiMultihop and their kin, as they are prepared for
 * retrieval: rows with `question` and either `answers` (a list: any of them is right) or `answer`.
 *
 * @module
 */

import { DataError } from "../source/data_error.ts";
import type { Row } from "../source/row.ts";
import { readRows } from "../source/rows.ts";
import type { Problem } from "../task.ts";

/** The questions of a file. */
export interface QuestionsFile {
  readonly problems: readonly Problem[];
  /** SHA-256 of the file. */
  readonly digest: string;
}

/**
 * Reads a file of questions. Further columns are kept as `meta`; `supporting`, a list of ids of passages, is what
 * `podium search` measures recall with.
 *
 * @throws {DataError} if the file is missing or malformed.
 */
export async function readQuestions(path: string): Promise<QuestionsFile> {
  const { rows, digest } = await readRows(path, { question: "string" });
  const name = path.split(/[\\/]/).at(-1);
  return { problems: rows.map((row) => problemOf(row, `${name}:${row.line}`)), digest };
}

function problemOf({ values, where }: Row, id: string): Problem {
  const { question, answer, answers = answer === undefined ? undefined : [answer], ...rest } = values;
  if (answers === undefined) {
    const there = Object.keys(values).join(", ");
    throw new DataError(`${where}: a column "answers" or "answer" is missing (there: ${there}).`);
  }
  const right = Array.isArray(answers) ? answers : [];
  if (right.length === 0 || !right.every((one) => typeof one === "string" && one.trim() !== "")) {
    throw new DataError(`${where}: the column "answers" must be a list of texts, "answer" a text, none of them empty.`);
  }
  return { id, question: question as string, gold: right[0], meta: { ...rest, answers: right } };
}
