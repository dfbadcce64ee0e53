/**
 * The draw of a token: weights are whole numbers, and everything that is done with them is exact.
 *
 * @module
 */
import { type Key, uniform } from "../../random.ts";
import { exponential } from "./functions.ts";
import type { Softmax } from "./token_scores.ts";

const { fround } = Math;

/** What a token is drawn by. */
export interface Draw {
  key: Key;
  index: number;
  /** In units of 2^-24; without it all tokens are kept. */
  nucleus?: number;
}

/** 2^31 times each token's ratio to the likeliest, cut to whole numbers. */
function weightsOf({ logits, top }: Softmax, inverse: number): bigint[] {
  return logits.map((logit) => {
    const ratio = exponential(fround(fround(logit * inverse) - top));
    return BigInt(Math.trunc(fround(ratio * 2 ** 31)));
  });
}

/** The token that is drawn: the first whose running sum is above the noise's share of the whole, in the order of ids. */
export function exactDraw(softmax: Softmax, inverse: number, { key, index, nucleus }: Draw): number {
  const weights = weightsOf(softmax, inverse), kept = nucleus === undefined ? weights : within(weights, nucleus);
  const total = kept.reduce((sum, weight) => sum + weight, 0n), noise = BigInt(uniform(key, index) * 2 ** 24);
  let rest = noise * total >> 24n;
  return kept.findIndex((weight) => {
    if (rest < weight) return true;
    rest -= weight;
    return false;
  });
}

/** The heaviest tokens whose weight reaches the share, others 0; among equals the lower ids come first. */
function within(weights: readonly bigint[], nucleus: number): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n), scaled = BigInt(nucleus) * total;
  const order = [...weights.keys()].sort((a, b) => Number(weights[b] - weights[a]) || a - b), kept = new Set<number>();
  let mass = 0n;
  for (const v of order) {
    if (mass << 24n >= scaled) break;
    kept.add(v);
    mass += weights[v];
  }
  return weights.map((weight, v) => kept.has(v) ? weight : 0n);
}
