/**
 * Parameters of the OpenAI API, read from a request's JSON. One that would change the text and is not offered is refused,
 * unless its value means nothing; so is one that is not known: an answer is what was asked for, or an error.
 *
 * @module
 */
import type { Message } from "../policy.ts";
import { keyOf } from "../random.ts";
import { seedOf, type TextRequest } from "../text/frozen.ts";
import { ApiRefusal } from "./refusal.ts";

/** Which of the two interfaces. */
export type Kind = "text" | "chat";

/** What a client wants. */
export interface Wish {
  /** Name of the model. */
  readonly model: string;
  /** The responses to draw: for each prompt `n` in a row. */
  readonly requests: readonly TextRequest[];
  /** Responses per prompt. */
  readonly n: number;
  /** Whether the answer comes token by token. */
  readonly stream: boolean;
  /** Whether the number of tokens comes at the end of a stream. */
  readonly streamUsage: boolean;
}

/** Limits of one request. */
export interface Limits {
  /** Most tokens of a response; a larger `max_tokens` gets this. */
  readonly maxTokens: number;
  /** Most responses of a request. */
  readonly maxResponses: number;
}

/** Parameters that do not change the text. */
const IGNORED = ["user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"];

/** Parameters that are not offered, with the values that mean nothing, as JSON. */
const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  frequency_penalty: ["0"],
  presence_penalty: ["0"],
  logit_bias: ["{}"],
  echo: ["false"],
  best_of: ["1"],
  suffix: ['""'],
  tools: ["[]"],
  functions: ["[]"],
  tool_choice: ['"none"', '"auto"'],
  function_call: ['"none"', '"auto"'],
  parallel_tool_calls: ["true", "false"],
  response_format: ['{"type":"text"}'],
  modalities: ['["text"]'],
};

const SHARED = [
  "model",
  "n",
  "seed",
  "stream",
  "stream_options",
  "stop",
  "temperature",
  "top_p",
  "max_tokens",
  "logprobs",
];
const KNOWN: Readonly<Record<Kind, readonly string[]>> = {
  text: [...SHARED, "prompt"],
  chat: [...SHARED, "messages", "max_completion_tokens", "top_logprobs"],
};

/**
 * Reads the parameters.
 *
 * @param unseeded the seed of a request that has none
 * @throws {ApiRefusal} one sentence naming the parameter
 */
export function readWish(kind: Kind, body: unknown, limits: Limits, unseeded: () => number): Wish {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiRefusal(400, "The body is no JSON object.", "invalid_json");
  }
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  refuseOthers(kind, given);
  const model = given.model;
  if (typeof model !== "string") throw wrong("model", model, "the name of a model");
  const temperature = number(given, "temperature", 0, Infinity) ?? 1, topP = number(given, "top_p", 0, 1) ?? 1;
  if (topP === 0) throw wrong("top_p", 0, "a number above 0 and at most 1");
  const n = whole(given, "n", 1) ?? 1, seed = whole(given, "seed", 0) ?? unseeded();
  const most = whole(given, "max_completion_tokens", 0) ?? whole(given, "max_tokens", 0) ??
    (kind === "text" ? 16 : limits.maxTokens);
  const shared = {
    temperature,
    topP,
    maxTokens: Math.min(most, limits.maxTokens),
    stop: stops(given.stop),
    ...shown(kind, given),
  };
  const prompts = kind === "text" ? promptsOf(given.prompt) : [messagesOf(given.messages)];
  if (prompts.length * n > limits.maxResponses) {
    const count = `${prompts.length} prompts with ${n} responses each`;
    throw new ApiRefusal(
      400,
      `${count} are more than ${limits.maxResponses} responses; ask for fewer.`,
      "too_many",
      "n",
    );
  }
  const requests = prompts.flatMap((prompt) =>
    Array.from({ length: n }, (_, choice) => ({
      prompt,
      seed: choice === 0 ? seed : seedOf(keyOf(seed, "choice", choice)),
      ...shared,
    }))
  );
  const options = given.stream_options as { include_usage?: unknown } | undefined;
  return { model, requests, n, stream: flag(given, "stream"), streamUsage: options?.include_usage === true };
}

type Given = Readonly<Record<string, unknown>>;

function wrong(param: string, value: unknown, wanted: string): ApiRefusal {
  const shown = JSON.stringify(value) ?? "missing";
  const brief = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
  return new ApiRefusal(400, `${param} is ${brief}; give ${wanted}.`, "invalid_value", param);
}

function refuseOthers(kind: Kind, given: Given): void {
  for (const [name, value] of Object.entries(given)) {
    if (KNOWN[kind].includes(name) || IGNORED.includes(name)) continue;
    const neutral = Object.hasOwn(NOT_OFFERED, name) ? NOT_OFFERED[name] : undefined;
    if (neutral?.includes(JSON.stringify(value))) continue;
    const message = neutral ? `${name} is not offered here; leave it out.` : `${name} is no parameter known here.`;
    throw new ApiRefusal(400, message, neutral ? "unsupported_parameter" : "unknown_parameter", name);
  }
}

function number(given: Given, name: string, least: number, most: number): number | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= least && value <= most && Number.isFinite(value)) return value;
  throw wrong(name, value, most === Infinity ? `a number from ${least}` : `a number from ${least} to ${most}`);
}

function whole(given: Given, name: string, least: number): number | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && value as number >= least) return value as number;
  throw wrong(name, value, `a whole number from ${least}`);
}

function flag(given: Given, name: string): boolean {
  const value = given[name] ?? false;
  if (typeof value !== "boolean") throw wrong(name, value, "true or false");
  return value;
}

function stops(value: unknown): string[] {
  const stop = value === undefined ? [] : typeof value === "string" ? [value] : value;
  const good = Array.isArray(stop) && stop.length <= 16 &&
    stop.every((text) => typeof text === "string" && text !== "");
  if (!good) throw wrong("stop", value, "a text, or a list of up to 16");
  return stop;
}

/** How many of the most likely tokens are shown, if log-probs are wanted at all. */
function shown(kind: Kind, given: Given): Pick<TextRequest, "logProbs"> {
  const name = kind === "text" ? "logprobs" : "top_logprobs", count = whole(given, name, 0);
  if (count !== undefined && count > 20) throw wrong(name, count, "a whole number from 0 to 20");
  if (kind === "text") return count === undefined ? {} : { logProbs: count };
  if (flag(given, "logprobs")) return { logProbs: count ?? 0 };
  if (count !== undefined) throw wrong(name, count, "logprobs: true with it");
  return {};
}

const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Number.isSafeInteger(token));

/** A text, token ids, or a list of either. */
function promptsOf(prompt: unknown): TextRequest["prompt"][] {
  if (typeof prompt === "string" || isTokens(prompt)) return [prompt];
  const good = Array.isArray(prompt) && prompt.length > 0 &&
    prompt.every((one) => typeof one === "string" || isTokens(one));
  if (!good) throw wrong("prompt", prompt, "a text, a list of token ids, or a list of either");
  return prompt;
}

function messagesOf(messages: unknown): Message[] {
  if (!Array.isArray(messages) || messages.length === 0) throw wrong("messages", messages, "a list of messages");
  return messages.map((message, index) => {
    const name = `messages[${index}]`;
    if (typeof message?.role !== "string") throw wrong(name, message, "an object with role and content");
    return { ...message, content: contentOf(message.content, `${name}.content`) };
  });
}

/** The text of a message, whole or in parts. */
function contentOf(content: unknown, name: string): string | null {
  if (content === undefined || content === null) return null;
  if (typeof content === "string") return content;
  const isText = (part: { type?: unknown; text?: unknown } | null) =>
    part?.type === "text" && typeof part.text === "string";
  if (!Array.isArray(content) || !content.every(isText)) throw wrong(name, content, "a text, or a list of text parts");
  return content.map(({ text }) => text).join("");
}
