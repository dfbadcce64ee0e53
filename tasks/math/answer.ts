/**
 * The answer of a response to a MATH problem: what stands in its last box, or, unless that is refused, what a flagged
 * fallback finds, because models that were never told write their answer in words.
 *
 * The fallback looks for, in this order: the last `answer is …` or `answer: …`, up to the end of the sentence; the last
 * formula between dollar signs (or `\(`, `\[`); the last number.
 *
 * @module
 */

import { extractNumber } from "../grading/number.ts";
import { lastBoxed } from "./boxed.ts";

/** What was found in a response. */
export interface Answer {
  /** The answer as written, or null. */
  readonly text: string | null;
  /** Where it stood, or why there is none. */
  readonly from: "box" | "answer is" | "last formula" | "last number" | "no box" | "not closed";
}

/** The answer of a response. With `strict` only a box counts. */
export function answerOf(response: string, { strict = false } = {}): Answer {
  const boxed = lastBoxed(response);
  if (boxed.content !== null) return { text: boxed.content, from: "box" };
  if (strict || boxed.reason === "not closed") return { text: null, from: boxed.reason };
  const said = response.matchAll(/\banswer(?:\s+is)?\s*(?::|\bis\b)[\s*]*([^\n]+)/gi);
  const sentence = [...said].at(-1)?.[1];
  if (sentence) {
    const text = lastFormula(sentence) ?? sentence.split(/\.(?=\s|$)/, 1)[0].trim();
    if (text !== "") return { text, from: "answer is" };
  }
  const formula = lastFormula(response);
  if (formula !== null) return { text: formula, from: "last formula" };
  const { text } = extractNumber(response);
  return text === null ? { text, from: "no box" } : { text, from: "last number" };
}

/** The last formula of a text. */
function lastFormula(text: string): string | null {
  const formulas = text.matchAll(/(?<!\\)\$\$?((?:\\.|[^$\\])+)\$\$?|\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]/g);
  const last = [...formulas].at(-1);
  return last ? (last[1] ?? last[2] ?? last[3]).trim() : null;
}
