/**
 * Feeds a context to a decoder: the tokens whose keys and values a response starts from.
 *
 * @module
 */
import { type Cache, emptyCache } from "./decoder.ts";
import type { ProbedDecoder } from "./together.ts";

/** Most tokens of a run, and most logits (64 MiB), which a graph gives for every token whether they are wanted or not. */
const MAX_TOKENS = 512, MAX_LOGITS = 2 ** 24;

/** Most tokens of one sequence in one run. */
export function tokensPerRun({ signature: { vocabularySize } }: ProbedDecoder): number {
  return Math.max(1, Math.min(MAX_TOKENS, Math.floor(MAX_LOGITS / vocabularySize)));
}

/**
 * The cache of a prompt and a begun response without its last token.
 *
 * The prompt goes in at once. So do the tokens of the response, unless rows notice each other: then tokens do too, and
 * they go in one by one, as they did when they were drawn.
 */
export async function contextCache(
  decoder: ProbedDecoder,
  prompt: readonly number[],
  begun: readonly number[] = [],
): Promise<Cache> {
  const { together, signature: { slots } } = decoder, most = tokensPerRun(decoder);
  const known = await fed(decoder, emptyCache(slots), prompt.slice(0, -1), most);
  const rest = begun.length > 0 ? [prompt[prompt.length - 1], ...begun.slice(0, -1)] : [];
  return await fed(decoder, known, rest, together > 1 ? most : 1);
}

async function fed(decoder: ProbedDecoder, past: Cache, tokens: readonly number[], perRun: number): Promise<Cache> {
  let cache = past;
  for (let start = 0; start < tokens.length; start += perRun) {
    cache = await decoder.feed([tokens.slice(start, start + perRun)], cache);
  }
  return cache;
}
