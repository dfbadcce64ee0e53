/**
 * A policy of this process as one that is asked for text.
 *
 * @module
 */
import { conversationText } from "../chat_template.ts";
import type { Draw, Message, Policy } from "../policy.ts";
import { keyOf } from "../random.ts";
import { checkSampling } from "../requests.ts";
import type { FrozenPolicy, Piece, Reply, ReplyToken, TextRequest } from "./frozen.ts";
import { type TextPieces, textPieces } from "./pieces.ts";

/**
 * Asks a policy for text. A conversation is written with its chat template (see {@linkcode conversationText}). Responses
 * are drawn together, and none depends on its company; `policy` stays the caller's, who disposes of it.
 */
export function frozen(policy: Policy): FrozenPolicy {
  return {
    backend: policy.backend,
    async respond(requests, { onText, signal } = {}) {
      const prepared = requests.map((request) => prepare(policy, request)), { stopTokens } = policy;
      const texts = requests.map(({ stop }) => textPieces(policy.tokenizer, stop));
      const pieces = requests.map((): Piece[] => []);
      const show = (index: number, piece: Piece): boolean => {
        if (piece.text === "" && piece.tokens.length === 0) return true;
        pieces[index].push(piece);
        return onText?.(index, piece) !== false;
      };
      const take = (index: number, draw: Draw): boolean => {
        if (signal?.aborted) return false;
        if (stopTokens.includes(draw.token)) return true;
        const { logProbs = 0 } = requests[index];
        const piece = texts[index].push({ ...draw, likeliest: draw.likeliest.slice(0, logProbs) });
        return show(index, piece) && !texts[index].stopped;
      };
      const replies: Reply[] = [];
      // A policy draws with one nucleus at a time.
      for (const [topP, places] of Map.groupBy(requests.keys(), (index) => requests[index].topP ?? 1)) {
        signal?.throwIfAborted();
        const drawn = await policy.generate(places.map((index) => prepared[index].request), {
          maxTokens: places.map((index) => prepared[index].maxTokens),
          temperature: places.map((index) => requests[index].temperature ?? 1),
          topP,
          likeliest: Math.max(0, ...places.map((index) => requests[index].logProbs ?? 0)),
          onToken: (place, draw) => take(places[place], draw),
        });
        signal?.throwIfAborted();
        drawn.forEach(({ tokens, truncated }, place) => {
          const index = places[place];
          if (!texts[index].stopped) show(index, texts[index].end());
          const usage = { promptTokens: prepared[index].request.prompt.length, completionTokens: tokens.length };
          replies[index] = replyOf(pieces[index], texts[index], truncated, requests[index], usage);
        });
      }
      return replies;
    },
  };
}

function replyOf(
  pieces: readonly Piece[],
  { stopped }: TextPieces,
  truncated: boolean,
  { logProbs }: TextRequest,
  usage: Reply["usage"],
): Reply {
  const tokens: ReplyToken[] = pieces.flatMap(({ tokens }) => tokens);
  return {
    text: pieces.map(({ text }) => text).join(""),
    finishReason: truncated && !stopped ? "length" : "stop",
    ...logProbs !== undefined && { tokens },
    usage,
  };
}

/** The request in tokens, with the most that it may draw. */
function prepare(policy: Policy, request: TextRequest) {
  const { seed, stop = [], maxTokens, temperature = 1, topP = 1, logProbs = 0 } = request, { contextLength } = policy;
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`The seed ${seed} is no whole number from 0.`);
  checkSampling({ maxTokens: maxTokens ?? 0, temperature, topP }, 1);
  if (stop.includes("")) throw new RangeError("A text that ends a response is empty; give at least one character.");
  if (!Number.isInteger(logProbs) || logProbs < 0) {
    throw new RangeError(`${logProbs} most likely tokens can't be shown; give a whole number from 0.`);
  }
  const prompt = tokensOf(policy, request.prompt), room = contextLength - prompt.length;
  if (prompt.length === 0) throw new RangeError("The prompt is empty; it needs at least one token.");
  if (room < 1) {
    throw new RangeError(
      `The prompt has ${prompt.length} tokens, and the policy is made for ${contextLength} with the response; shorten it.`,
    );
  }
  const { vocabularySize } = policy.tokenizer, bad = prompt.find((id) => !(id >= 0 && id < vocabularySize));
  if (bad !== undefined) {
    throw new RangeError(`The prompt holds ${bad}, which is no token id from 0 to ${vocabularySize - 1}.`);
  }
  return { request: { prompt, key: keyOf(seed, "text") }, maxTokens: Math.min(maxTokens ?? room, room) };
}

function tokensOf({ tokenizer }: Policy, prompt: TextRequest["prompt"]): readonly number[] {
  if (typeof prompt === "string") return tokenizer.encode(prompt);
  if (isTokens(prompt)) return prompt;
  return tokenizer.encode(conversationText(tokenizer, prompt));
}

function isTokens(prompt: readonly number[] | readonly Message[]): prompt is readonly number[] {
  return typeof prompt[0] === "number";
}
