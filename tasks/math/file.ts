/**
 * The published data, from a file or from the hub, in the layouts of its two data sets:
 *
 * | data set | columns |
 * |---|---|
 * | hendrycks_math | `problem`, `solution`, `level` (`Level 5`), `type` |
 * | MATH-500 | `problem`, `solution`, `answer`, `level` (5), `subject`, `unique_id` |
 *
 * The gold answer is the column `answer`, or what stands in the last box of the solution. Two of the published training
 * solutions have an empty box; their problems are kept, with an answer that nothing equals.
 *
 * @module
 */

import { problemsOfRows } from "../source/problems.ts";
import type { Row } from "../source/row.ts";
import type { ReadOptions } from "../source/rows.ts";
import type { Problem, Problems } from "../task.ts";
import { lastBoxed } from "./boxed.ts";

/** Problems of a file or of a data set on the hub, in its order. */
export function problemsOfFile(source: string, options: ReadOptions = {}): Promise<Problems> {
  return problemsOfRows(source, { ...options, columns: { problem: "string", solution: "string" }, problemOf });
}

function problemOf({ id, values }: Row): Problem {
  const { problem, solution, answer, unique_id: own, subject, type, level } = values as Record<string, string>;
  return {
    id: typeof own === "string" ? own : id,
    question: problem,
    gold: typeof answer === "string" ? answer.trim() : lastBoxed(solution).content ?? "",
    meta: { level: levelOf(level), subject: subject ?? type ?? null, solution },
  };
}

/** 5 of `Level 5`, `5` or 5; null of `Level ?` and where there is none. */
function levelOf(value: unknown): number | null {
  const digits = /^(?:Level )?(\d)$/.exec(String(value ?? ""))?.[1];
  return digits === undefined ? null : Number(digits);
}
