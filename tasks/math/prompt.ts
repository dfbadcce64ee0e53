/**
 * How a MATH problem becomes a prompt.
 *
 * @module
 */

import { END_OF_QUESTION } from "../gsm8k/prompt.ts";
import type { Problem } from "../task.ts";

/**
 * What models are told where nobody has taught them the form, in the words of Qwen2.5-Math's own prompt. Embedded
 * problems leave it out: the demonstrations of their base policy teach it.
 */
export const INSTRUCTION = "\nPlease reason step by step, and put your final answer within \\boxed{}.";

/** The text that a response continues. */
export function promptOf({ question, meta }: Problem): string {
  return question + (meta?.strict === true ? "" : INSTRUCTION) + END_OF_QUESTION;
}
