/**
 * Replies as the OpenAI API writes them, whole and in chunks.
 *
 * @module
 */
import type { Piece, Reply, ReplyToken } from "../text/frozen.ts";
import type { Kind, Wish } from "./parameters.ts";

/** What all objects of one answer have. */
export interface Envelope {
  /** Name of the answer. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Name of the model. */
  readonly model: string;
  /** Stands for the weights. */
  readonly system_fingerprint: string;
}

/** Tokens of an answer: a prompt counts once, however many responses it has. */
export function usageBody({ n }: Wish, replies: readonly Reply[]): object {
  let prompt_tokens = 0, completion_tokens = 0;
  replies.forEach(({ usage }, index) => {
    if (index % n === 0) prompt_tokens += usage?.promptTokens ?? 0;
    completion_tokens += usage?.completionTokens ?? 0;
  });
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** The whole answer. */
export function wholeBody(kind: Kind, envelope: Envelope, wish: Wish, replies: readonly Reply[]): object {
  const choices = replies.map(({ text, finishReason, tokens }, index) => ({
    index,
    ...kind === "text" ? { text } : { message: { role: "assistant", content: text, refusal: null } },
    logprobs: tokens ? logProbsBody(kind, tokens, wish.requests[index].logProbs ?? 0, 0) : null,
    finish_reason: finishReason,
  }));
  const object = kind === "text" ? "text_completion" : "chat.completion";
  return { ...envelope, object, choices, usage: usageBody(wish, replies) };
}

/** One chunk of a stream; without a choice it carries the usage. */
export function chunkBody(kind: Kind, envelope: Envelope, choice: object | null, usage?: object | null): object {
  const object = kind === "text" ? "text_completion" : "chat.completion.chunk";
  return { ...envelope, object, choices: choice ? [choice] : [], ...usage !== undefined && { usage } };
}

/** The first chunk of a response: chat says who speaks. */
export function openingChoice(kind: Kind, index: number): object | null {
  if (kind === "text") return null;
  return { index, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null };
}

/** A part of a response. `before` is the number of characters that came before it. */
export function pieceChoice(
  kind: Kind,
  index: number,
  piece: Piece,
  shown: number | undefined,
  before: number,
): object {
  return {
    index,
    ...kind === "text" ? { text: piece.text } : { delta: { content: piece.text } },
    logprobs: shown === undefined ? null : logProbsBody(kind, piece.tokens, shown, before),
    finish_reason: null,
  };
}

/** The end of a response. */
export function closingChoice(kind: Kind, index: number, { finishReason }: Reply): object {
  const nothing = kind === "text" ? { text: "" } : { delta: {} };
  return { index, ...nothing, logprobs: null, finish_reason: finishReason };
}

function logProbsBody(kind: Kind, tokens: readonly ReplyToken[], shown: number, before: number): object {
  if (kind === "chat") {
    const entry = ({ text, logProb }: { text: string; logProb: number }) => ({
      token: text,
      logprob: logProb,
      bytes: [...new TextEncoder().encode(text)],
    });
    const content = tokens.map((token) => ({ ...entry(token), top_logprobs: token.likeliest.map(entry) }));
    return { content, refusal: null };
  }
  let offset = before;
  const text_offset = tokens.map(({ text }) => (offset += text.length) - text.length);
  // Of tokens with the same text the most likely one stands for all.
  const likeliest = tokens.map((token) =>
    Object.fromEntries(token.likeliest.toReversed().map(({ text, logProb }) => [text, logProb]))
  );
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logProb }) => logProb),
    top_logprobs: shown > 0 ? likeliest : null,
    text_offset,
  };
}
