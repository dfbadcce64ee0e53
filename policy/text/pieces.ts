/**
 * Tokens as they are drawn become text: character by character whole, and without the text that ends the response.
 *
 * @module
 */
import type { Draw, Tokenizer } from "../policy.ts";
import type { Piece, ReplyToken } from "./frozen.ts";

/** The text of one response while it is drawn. */
export interface TextPieces {
  /** Takes a token; returns what is final by it. Not to be called once `stopped` is true. */
  push(draw: Draw): Piece;
  /** What was held back, when no more tokens come. */
  end(): Piece;
  /** Whether a stop text has ended the response. */
  readonly stopped: boolean;
}

/** Stands in decoded text for bytes that are no whole character, or not yet. */
const INCOMPLETE = "\ufffd";

/**
 * Follows one response.
 *
 * A token's text is what it adds to the decoded text, because decoders may treat the beginning of a text differently; two
 * tokens back is context enough. Bytes of a character that is not complete are the text of the token that completes it.
 *
 * @param stop texts that end the response, none of them empty; they are not part of the text
 */
export function textPieces(tokenizer: Tokenizer, stop: readonly string[] = []): TextPieces {
  /** The tokens before the last whole character ended and those since. */
  let recent: number[] = [];
  /** How many of them have a text. */
  let known = 0;
  /** Tokens that are not final: their characters are not whole, or may begin a stop text. */
  const held: ReplyToken[] = [];
  let stopped = false;

  const before = () => tokenizer.decode(recent.slice(0, known));
  const added = (tokens: readonly number[], before: string) => tokenizer.decode(tokens).slice(before.length);

  /** Takes the first tokens that may go, or all up to a stop text. */
  function release(most: number, isEnd: boolean): Piece {
    const text = textOf(held), cut = firstOf(stop, text);
    if (cut !== undefined) {
      stopped = true;
      return pieceOf(upTo(cut, held.splice(0)));
    }
    const safe = text.length - (isEnd ? 0 : longestBeginning(stop, text));
    let count = 0;
    for (let length = 0; count < most; count++) {
      length += held[count].text.length;
      if (length > safe) break;
    }
    return pieceOf(held.splice(0, count));
  }

  return {
    push({ token, logProb, likeliest }) {
      const context = before();
      const alternatives = likeliest.map(({ token, logProb }) => ({
        text: added([...recent, token], context),
        logProb,
      }));
      recent.push(token);
      const text = added(recent, context), isWhole = !text.endsWith(INCOMPLETE);
      held.push({ text: isWhole ? text : "", logProb, likeliest: alternatives });
      if (isWhole) {
        recent = recent.slice(known);
        known = recent.length;
      }
      return release(held.length - (recent.length - known), false);
    },
    end() {
      const rest = added(recent, before()), last = held.pop();
      if (last) held.push({ ...last, text: last.text + rest });
      return release(held.length, true);
    },
    get stopped() {
      return stopped;
    },
  };
}

const textOf = (tokens: readonly ReplyToken[]) => tokens.map(({ text }) => text).join("");

const pieceOf = (tokens: readonly ReplyToken[]): Piece => ({ text: textOf(tokens), tokens });

/** Where the first of the texts begins. */
function firstOf(stop: readonly string[], text: string): number | undefined {
  const places = stop.map((end) => text.indexOf(end)).filter((place) => place >= 0);
  return places.length > 0 ? Math.min(...places) : undefined;
}

/** Length of the longest end of `text` that is the beginning of one of the texts. */
function longestBeginning(stop: readonly string[], text: string): number {
  const most = Math.max(0, ...stop.map((end) => end.length - 1));
  for (let length = Math.min(most, text.length); length > 0; length--) {
    const ending = text.slice(text.length - length);
    if (stop.some((end) => end.startsWith(ending))) return length;
  }
  return 0;
}

/** The tokens with the first `length` characters; the last of them may be cut. */
function upTo(length: number, tokens: readonly ReplyToken[]): ReplyToken[] {
  const kept: ReplyToken[] = [];
  for (const token of tokens) {
    if (length === 0) break;
    const text = token.text.slice(0, length);
    kept.push({ ...token, text });
    length -= text.length;
  }
  return kept;
}
