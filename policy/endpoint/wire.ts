/**
 * Requests as they go over the wire, and what tells them apart.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { canonical } from "../canonical.ts";
import type { TextRequest } from "../text/frozen.ts";

/** A request of the OpenAI API. */
export interface WireRequest {
  /** SHA-256 (hex) of all that follows: equal requests have the same. */
  readonly id: string;
  /** What is asked: `/completions` for a text, `/chat/completions` for a conversation. */
  readonly path: "/completions" | "/chat/completions";
  /** The sample: two with different seeds are different, also where the server is sent none. */
  readonly seed: number;
  /** Its JSON, without what only says how the answer travels. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Writes a request.
 *
 * @param extra further fields, which have the last word; null leaves a field out
 * @throws {RangeError} for a seed that is no whole number from 0
 */
export function wireRequest(
  model: string,
  { prompt, seed, maxTokens, temperature = 1, topP, stop = [], logProbs }: TextRequest,
  extra: Readonly<Record<string, unknown>> = {},
): WireRequest {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`The seed ${seed} is no whole number from 0.`);
  const isChat = typeof prompt !== "string" && typeof prompt[0] !== "number";
  const shown = logProbs === undefined
    ? {}
    : isChat
    ? { logprobs: true, ...logProbs > 0 && { top_logprobs: logProbs } }
    : { logprobs: logProbs };
  const fields = {
    model,
    ...isChat ? { messages: prompt } : { prompt },
    seed,
    temperature,
    ...topP !== undefined && { top_p: topP },
    ...maxTokens !== undefined && { max_tokens: maxTokens },
    ...stop.length > 0 && { stop },
    ...shown,
    ...extra,
  };
  const body = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  const path = isChat ? "/chat/completions" : "/completions";
  const id = createHash("sha256").update(canonical([path, body, seed])).digest("hex");
  return { id, path, seed, body };
}
