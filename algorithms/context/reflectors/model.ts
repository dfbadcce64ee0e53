/**
 * A reflector that is a language model. The model is handed in; a reply that can't be read is asked for again, then
 * given up, and every call is counted.
 *
 * @module
 */

import type { Reflection, ReflectionRequest } from "../algorithm.ts";
import { parseReply, type ReplyContent } from "./parse_reply.ts";
import { reflectionPrompt } from "./prompts.ts";

/** What a model wrote, and what that took. */
export interface Completion {
  /** The reply. */
  readonly text: string;
  /** Tokens read, where known. */
  readonly promptTokens?: number;
  /** Tokens written, where known. */
  readonly responseTokens?: number;
}

/** Asks a model. `attempt` counts from 0 and tells repeated calls with the same prompt apart. */
export type Complete = (prompt: string, attempt: number) => Promise<Completion>;

/** Options of {@linkcode modelReflector}. */
export interface ModelReflectorOptions {
  /** Calls for one request, after which it has failed. Default 3, as in the code of Training-Free GRPO. */
  readonly attempts?: number;
}

const add = (sum?: number, more?: number) => sum === undefined || more === undefined ? undefined : sum + more;

/**
 * The reflector as a runner takes it. All requests are under way at once: whoever hands in `complete` bounds that.
 * What `complete` throws stops the run; replies that were there before are not lost.
 */
export function modelReflector(
  complete: Complete,
  { attempts = 3 }: ModelReflectorOptions = {},
): (requests: readonly ReflectionRequest[], reply: (index: number, reflection: Reflection) => void) => Promise<void> {
  async function reflect(request: ReflectionRequest): Promise<Reflection> {
    const prompt = reflectionPrompt(request);
    let content: ReplyContent = {}, calls = 0;
    let promptTokens: number | undefined = 0, responseTokens: number | undefined = 0;
    while (calls === 0 || content.failure !== undefined && calls < attempts) {
      const completion = await complete(prompt, calls++);
      promptTokens = add(promptTokens, completion.promptTokens);
      responseTokens = add(responseTokens, completion.responseTokens);
      content = parseReply(request, completion.text);
    }
    return {
      ...content,
      calls,
      ...promptTokens !== undefined && { promptTokens },
      ...responseTokens !== undefined && { responseTokens },
    };
  }
  return async (requests, reply) => {
    const all = await Promise.allSettled(
      requests.map(async (request, index) => reply(index, await reflect(request))),
    );
    const failed = all.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
  };
}
