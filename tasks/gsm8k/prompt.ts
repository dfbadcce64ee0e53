/**
 * How a GSM8K question becomes a prompt.
 *
 * @module
 */

import type { Problem } from "../task.ts";

/**
 * Ends every question. Plain text, so that any language model understands it, and one token of the embedded
 * tokenizer. The line break behind the colon lets a response start with a word or a number without a space.
 */
export const END_OF_QUESTION = "\nAnswer:\n";

/**
 * What models are told where nobody has taught them the form, in the words of verl's GSM8K prompt. Embedded problems
 * leave it out: the demonstrations of their base policy teach it.
 */
export const INSTRUCTION = '\nLet\'s think step by step and output the final answer after "####".';

/** The text that a response continues. */
export function promptOf({ question, meta }: Problem): string {
  return question + (meta?.strict === true ? "" : INSTRUCTION) + END_OF_QUESTION;
}
