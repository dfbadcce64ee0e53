/**
 * How a GSM8K question becomes a prompt.
 *
 * @module
 */

/**
 * Ends every question. Plain text, so that any language model understands it, and one token of the embedded
 * tokenizer. The line break behind the colon lets a response start with a word or a number without a space.
 */
export const END_OF_QUESTION = "\nAnswer:\n";
