/**
 * Questions of a file, with the corpus to search in beside it: `questions.jsonl` and `corpus.jsonl` in one folder, the
 * layout in which HotpotQA, MuSiQue and 2WikiMultihop are prepared for retrieval.
 *
 * @module
 */

import { DataError } from "../source/data_error.ts";
import type { Row } from "../source/row.ts";
import { readRows } from "../source/rows.ts";
import type { Problem } from "../task.ts";

/** The questions of a file. */
export interface QuestionFile {
  readonly problems: readonly Problem[];
  /** SHA-256 of the file. */
  readonly digest: string;
}

/** Name of the corpus in the folder of the questions. */
export const CORPUS_FILE = "corpus.jsonl";

/** Where the corpus of a file of questions lies. */
export function corpusBeside(path: string): string {
  return path.replace(/[^\\/]*$/, CORPUS_FILE);
}

/**
 * Reads a file of questions: rows with `question` and either `answers` (a list: any of them is right) or `answer`.
 * Further columns are kept; `supporting`, a list of ids of passages, is what `podium search` measures recall with.
 *
 * @throws {DataError} if the file is missing or malformed.
 */
export async function readQuestions(path: string): Promise<QuestionFile> {
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
