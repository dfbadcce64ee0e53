/**
 * The answer of a response to a MATH problem: what stands in its last box, or, unless that is refused, what a flagged
 * fallback finds, because models that were never told state their answer in words (`grading/math/stated_answer.ts`).
 *
 * @module
 */

import { type StatedAnswer, statedAnswer } from "../grading/math/stated_answer.ts";
import { lastBoxed } from "./boxed.ts";

/** What was found in a response. */
export interface Answer {
  /** The answer as written, or null. */
  readonly text: string | null;
  /** Where it stood, or why there is none. */
  readonly from: "box" | StatedAnswer["from"] | "no box" | "not closed";
}

/** The answer of a response. With `strict` only a box counts. */
export function answerOf(response: string, { strict = false } = {}): Answer {
  const boxed = lastBoxed(response);
  if (boxed.content !== null) return { text: boxed.content, from: "box" };
  if (strict || boxed.reason === "not closed") return { text: null, from: boxed.reason };
  return statedAnswer(response) ?? { text: null, from: "no box" };
}
