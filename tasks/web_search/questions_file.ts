/**
 * Questions of a file or of a data set on the hub, in the layouts of HotpotQA, MuSiQue, 2WikiMultihop and their kin:
 * rows with `question` and either `answers` (a list: any of them is right) or `answer`.
 *
 * Some layouts hold passages themselves, as `context`: those that answer the question among others that don't. All
 * passages of a file together are a corpus, for who has no other.
 *
 * @module
 */

import { DataError } from "../source/data_error.ts";
import type { Row } from "../source/row.ts";
import { type ReadOptions, readRows } from "../source/rows.ts";
import type { Problem } from "../task.ts";
import { answerInTags } from "./protocol.ts";
import type { Passage } from "./search.ts";

/** Questions and what came with them. */
export interface QuestionsFile {
  readonly problems: readonly Problem[];
  /** Passages that stand in the rows, each once; empty for layouts without. */
  readonly passages: readonly Passage[];
  /** SHA-256 of the file. */
  readonly digest: string;
  /** For the record: the path, or `hub:owner/name@commit:config/split`. */
  readonly source: string;
}

/**
 * Reads questions. Further columns are kept as `meta`, except `context`; `supporting`, a list of ids of passages, is
 * what `podium search` measures recall with.
 *
 * @throws {DataError} if the file is missing or malformed.
 */
export async function readQuestions(path: string, options: ReadOptions = {}): Promise<QuestionsFile> {
  const { rows, digest, source } = await readRows(path, { question: "string" }, options);
  return { problems: rows.map((row) => problemOf(row, source)), passages: passagesOf(rows), digest, source };
}

function problemOf({ id, values, where }: Row, source: string): Problem {
  const { question, context: _, answer, answers = answer === undefined ? undefined : [answer], ...rest } = values;
  if (answers === undefined) {
    const there = Object.keys(values).join(", ");
    throw new DataError(`${where}: a column "answers" or "answer" is missing (there: ${there}).`);
  }
  const right = Array.isArray(answers) ? answers : [];
  if (right.length === 0 || !right.every((one) => typeof one === "string" && one.trim() !== "")) {
    throw new DataError(`${where}: the column "answers" must be a list of texts, "answer" a text, none of them empty.`);
  }
  const gold = right[0], solution = answerInTags(gold);
  return { id, question: question as string, gold, meta: { ...rest, answers: right, solution, source } };
}

/** The passages of all rows, numbered in the order of their first appearance. */
function passagesOf(rows: readonly Row[]): Passage[] {
  const seen = new Map<string, Passage>();
  for (const { values: { context }, where } of rows) {
    for (const [title, sentences] of contextOf(context)) {
      if (typeof title !== "string" || !Array.isArray(sentences)) {
        throw new DataError(`${where}: the column "context" must be a list of titles with their sentences.`);
      }
      const text = sentences.join("").trim(), key = JSON.stringify([title, text]);
      if (!seen.has(key)) seen.set(key, { id: `p${String(seen.size + 1).padStart(7, "0")}`, title, text });
    }
  }
  return [...seen.values()];
}

/** Pairs of a title and its sentences: HotpotQA's own files have a list of pairs, the hub a pair of lists. */
function contextOf(context: unknown): (readonly [unknown, unknown])[] {
  if (Array.isArray(context)) return context.filter(Array.isArray).map(([title, sentences]) => [title, sentences]);
  const { title, sentences } = (context ?? {}) as { title?: unknown; sentences?: unknown };
  if (!Array.isArray(title) || !Array.isArray(sentences)) return [];
  return title.map((one, index) => [one, sentences[index]]);
}
