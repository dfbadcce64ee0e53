/**
 * Which text each token of a response stands for, so that places in the text become places in the row of tokens.
 *
 * @module
 */
import type { Tokenizer } from "../policy/policy.ts";

/** Text of single tokens by tokenizer: a response asks for the same few again and again. */
const known = new WeakMap<Tokenizer, Map<number, string>>();

function textOfToken(tokenizer: Tokenizer, token: number): string {
  let texts = known.get(tokenizer);
  if (!texts) known.set(tokenizer, texts = new Map());
  let text = texts.get(token);
  if (text === undefined) texts.set(token, text = tokenizer.decode([token]));
  return text;
}

/** Length of the longest beginning that two texts share, in UTF-16 units. */
function sharedLength(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  return length;
}

/**
 * The text of each token; together they are `tokenizer.decode(tokens)`.
 *
 * Most tokenizers decode a token alone to what it adds to the text. Where the parts don't add up (a character whose
 * bytes are spread over several tokens, a decoder that drops the space at the start), a token's text is what it adds to
 * the text of those before it: a character belongs to the token with its last byte, tokens before it are empty.
 */
export function piecesOf(tokenizer: Tokenizer, tokens: readonly number[]): string[] {
  const whole = tokenizer.decode(tokens);
  const alone = tokens.map((token) => textOfToken(tokenizer, token));
  if (alone.join("") === whole) return alone;
  let start = 0;
  return tokens.map((_, index) => {
    const last = index === tokens.length - 1;
    // A beginning that ends within a character decodes to a replacement character, which the whole doesn't have there.
    const shared = last ? whole.length : sharedLength(tokenizer.decode(tokens.slice(0, index + 1)), whole);
    const end = Math.max(start, shared);
    const piece = whole.slice(start, end);
    start = end;
    return piece;
  });
}

/**
 * Index of the token that holds the last character before `offset`.
 *
 * @throws {RangeError} if `offset` is not within the text or at its end.
 */
export function tokenBefore(pieces: readonly string[], offset: number): number {
  let end = 0;
  for (const [index, piece] of pieces.entries()) {
    end += piece.length;
    if (offset > 0 && offset <= end) return index;
  }
  throw new RangeError(`A step ends at ${offset}, but the response has ${end} characters; steps end within the text.`);
}
