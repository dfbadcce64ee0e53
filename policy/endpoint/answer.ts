/**
 * Answers of the OpenAI API, and the replies in them. What a server sends is not trusted: anything else than an answer
 * is a sentence that says what it lacks.
 *
 * @module
 */
import type { Reply, ReplyToken, Usage } from "../text/frozen.ts";

/** A reply, with what answered as the server calls it. */
export interface Answer {
  /** The reply. */
  readonly reply: Reply;
  /** Name of the model that answered; null if the server does not say. */
  readonly model: string | null;
  /** The server's name for its configuration; null if it has none. */
  readonly fingerprint: string | null;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOr = <T>(value: unknown, other: T) => typeof value === "string" ? value : other;
const listOf = (value: unknown): Json[] => Array.isArray(value) ? value.filter(isObject) : [];

/** The answer in a parsed body; a text says what is wrong with it. */
export function readAnswer(body: unknown): Answer | string {
  if (!isObject(body)) return "the answer is no JSON object";
  const choice = Array.isArray(body.choices) ? body.choices[0] : undefined;
  if (!isObject(choice)) return "the answer has no choices";
  const message = isObject(choice.message) ? choice.message : undefined;
  if (!message && typeof choice.text !== "string") return "the answer has neither message nor text";
  const text = message ? textOr(message.content, textOr(message.refusal, "")) : choice.text as string;
  const tokens = isObject(choice.logprobs) ? tokensOf(choice.logprobs) : undefined;
  return {
    reply: {
      text,
      finishReason: textOr(choice.finish_reason, "stop"),
      ...tokens && { tokens },
      usage: usageOf(body.usage),
    },
    model: textOr(body.model, null),
    fingerprint: textOr(body.system_fingerprint, null),
  };
}

/** Log-probs of either kind, a list of objects for a conversation, lists side by side for a text; undefined if they make no sense. */
function tokensOf({ content, tokens, token_logprobs, top_logprobs }: Json): ReplyToken[] | undefined {
  let found: ReplyToken[];
  if (Array.isArray(content)) {
    found = listOf(content).map(({ token, logprob, top_logprobs }) => ({
      ...tokenOf(token, logprob),
      likeliest: listOf(top_logprobs).map((other) => tokenOf(other.token, other.logprob)),
    }));
  } else if (Array.isArray(tokens) && Array.isArray(token_logprobs)) {
    const others = Array.isArray(top_logprobs) ? top_logprobs : [];
    found = tokens.map((token, index) => ({
      ...tokenOf(token, token_logprobs[index]),
      // An object's keys have an order of their own.
      likeliest: Object.entries(others[index] ?? {}).map((other) => tokenOf(...other))
        .sort((a, b) => b.logProb - a.logProb),
    }));
  } else return undefined;
  const isWhole = found.every(({ logProb, likeliest }) =>
    [logProb, ...likeliest.map((other) => other.logProb)].every(Number.isFinite)
  );
  return isWhole ? found : undefined;
}

function tokenOf(text: unknown, logProb: unknown): { text: string; logProb: number } {
  return { text: textOr(text, ""), logProb: typeof logProb === "number" ? logProb : NaN };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && value as number >= 0;

function usageOf(usage: unknown): Usage | null {
  if (!isObject(usage)) return null;
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens, prompt_tokens_details: details } = usage;
  if (!isCount(promptTokens) || !isCount(completionTokens)) return null;
  const cachedTokens = isObject(details) ? details.cached_tokens : undefined;
  return { promptTokens, ...isCount(cachedTokens) && { cachedTokens }, completionTokens };
}

/**
 * Puts the events of a stream together to the body that the same answer has without streaming; a text says what is
 * wrong. A stream that ends before its answer does is cut.
 */
export function joinEvents(text: string): Json | string {
  let joined: Json | undefined, finish: unknown, spoken = "", isChat = false;
  const logprobs: Record<string, unknown[]> = {};
  for (const data of eventsOf(text)) {
    if (data === "[DONE]") break;
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      return "the stream is cut";
    }
    if (!isObject(event)) return "an event of the stream is no JSON object";
    if (event.error) return `the stream ends with an error (${messageOf(event) ?? "without a reason"})`;
    const [choice] = listOf(event.choices);
    joined = { ...event, usage: event.usage ?? joined?.usage };
    if (!choice) continue;
    if (isObject(choice.delta)) isChat = true;
    spoken += textOr(isObject(choice.delta) ? choice.delta.content : choice.text, "");
    finish = choice.finish_reason ?? finish;
    for (const [name, list] of Object.entries(isObject(choice.logprobs) ? choice.logprobs : {})) {
      if (Array.isArray(list)) (logprobs[name] ??= []).push(...list);
    }
  }
  if (!joined || finish === undefined) return "the stream is cut";
  const said = isChat ? { message: { content: spoken } } : { text: spoken };
  const shown = Object.keys(logprobs).length > 0 ? { logprobs } : {};
  return { ...joined, choices: [{ ...said, finish_reason: finish, ...shown }] };
}

/** The data of server-sent events. */
function eventsOf(text: string): string[] {
  return text.split(/\r\n\r\n|\n\n|\r\r/).flatMap((event) => {
    const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith("data:"));
    return lines.length > 0 ? [lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n")] : [];
  });
}

/** What a server says that went wrong, on one line; undefined if it says nothing. */
export function messageOf(body: unknown): string | undefined {
  const error = isObject(body) ? body.error : undefined;
  const message = isObject(error) ? error.message : error;
  if (typeof message !== "string" || message.trim() === "") return undefined;
  const line = message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
