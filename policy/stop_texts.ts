/**
 * Whether drawn tokens hold a text that ends a turn, for any tokenizer: a tag may be one token, a token per byte, or
 * begin and end within tokens.
 *
 * @module
 */
import type { Tokenizer } from "./policy.ts";

/** Whether the last of these tokens is the one with which they hold one of the texts. */
export type Completes = (tokens: readonly number[]) => boolean;

/**
 * A test of drawn tokens, to be asked after each of them.
 *
 * The text of all of them decides. To decode it after every token would take time in proportion to the square of the
 * length, so a last token that can't complete a text is passed over: decoded alone it has the ASCII characters that it
 * adds to the whole, except that some decoders drop a space.
 *
 * @throws {RangeError} for an empty text, which would end every turn before it begins.
 */
export function stopTextTest(tokenizer: Tokenizer, texts: readonly string[] = []): Completes {
  if (texts.includes("")) throw new RangeError("A text that ends a turn is empty; give at least one character.");
  const ends = texts.map((text) => text[text.length - 1]);
  const always = ends.some((end) => !(end > " " && end < "\x7f"));
  const known = new Map<number, boolean>();
  const mayComplete = (token: number): boolean => {
    let may = known.get(token);
    if (may === undefined) {
      const text = tokenizer.decode([token]);
      known.set(token, may = ends.some((end) => text.includes(end)));
    }
    return may;
  };
  return (tokens) => {
    if (texts.length === 0 || tokens.length === 0) return false;
    if (!always && !mayComplete(tokens[tokens.length - 1])) return false;
    const text = tokenizer.decode(tokens);
    return texts.some((stop) => text.includes(stop));
  };
}
