/**
 * Choices that look random and depend on nothing but what they are about. An algorithm has no random numbers of its
 * own: whoever computes a step again, in any order, on any machine, must make the same choices.
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import { isChosen } from "./batch.ts";

const rotate = (word: number, by: number) => word << by | word >>> 32 - by;

/** MurmurHash3 (x86, 32 bits; Appleby 2011) of 32-bit words; an unsigned 32-bit number. Mixes well, hides nothing. */
export function hashWords(words: readonly number[], seed: number): number {
  let hash = seed | 0;
  for (const word of words) {
    hash ^= Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    hash = Math.imul(rotate(hash, 13), 5) + 0xe6546b64 | 0;
  }
  hash ^= 4 * words.length;
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return (hash ^ hash >>> 16) >>> 0;
}

/**
 * One draw in [0, 1) per chosen token, `null` on the others: `hashWords([n], hashWords([step, group, high bits of
 * group, ...token ids], seed)) / 2³²`, where n counts the chosen tokens before this one. Identical responses to one
 * prompt get identical draws.
 */
export function tokenDraws(
  response: Pick<Response, "group" | "tokens" | "mask" | "logProbs">,
  seed: number,
  step: number,
): (number | null)[] {
  const { group, tokens, logProbs } = response;
  const chosen = Array.from(logProbs, (_, t) => isChosen(response, t));
  const ids = Array.from(tokens).filter((_, t) => chosen[t]);
  const identity = hashWords([step, group, Math.floor(group / 2 ** 32), ...ids], seed);
  let before = 0;
  return chosen.map((is) => is ? hashWords([before++], identity) / 2 ** 32 : null);
}
