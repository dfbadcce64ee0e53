/**
 * Mining strategic grams from correct solutions (arXiv 2509.03646): word n-grams, clustered into kinds of phrases; the
 * share of distinct solutions that use each kind; the n-grams of the most widely used kinds.
 *
 * The paper takes n from 3 to 5 and the top 20 % of the clusters. It does not name its encoder, its clustering or its
 * thresholds. Here: average linkage (`clusters.ts`) at similarity 0.5, by vectors if the caller has some, else by
 * spelling (`similarity.ts`). What comes out is a proposal: the paper's own list holds words of one and two, so it was
 * edited by hand. Read the clusters before training on them.
 *
 * ```ts
 * import { mineStrategicGrams } from "@podium/rl/algorithms";
 *
 * const { grams, clusters } = mineStrategicGrams([
 *   "Let us think. Tom has 3+4=7 red apples. So the answer is 7.",
 *   "Let us think. Ann has 5-2=3 old pens. So the answer is 3.",
 *   "Let us think. Ann has 2+2=4 old pens. So the answer is 4.",
 * ], { words: [2, 5], share: 0.5 });
 * if (grams.join() !== "let us think,so the answer is") throw new Error("unexpected grams");
 * if (clusters[0].frequency !== 1 || clusters.length !== 4) throw new Error("unexpected clusters");
 * ```
 *
 * @module
 */

import { clusterBySimilarity } from "./clusters.ts";
import { candidateGrams, type NGramOptions } from "./n_grams.ts";
import { cosineSimilarity, trigramSimilarity } from "./similarity.ts";

/** Options of {@linkcode mineStrategicGrams}. */
export interface MiningOptions extends NGramOptions {
  /** Share of the clusters that is kept, the most frequent first; rounded up. Default 0.2 (arXiv 2509.03646). */
  share?: number;
  /** Least mean similarity within a cluster, from 0 to 1. Default 0.5. */
  similarity?: number;
  /** A vector for every candidate ({@linkcode candidateGrams}), from a sentence encoder. Default: spelling. */
  vectors?: ReadonlyMap<string, ArrayLike<number>>;
}

/** A kind of phrase. */
export interface GramCluster {
  /** Its n-grams, the most frequent first. */
  readonly grams: readonly string[];
  /** How many distinct solutions contain at least one of them. */
  readonly solutions: number;
  /** The same as a share of all: the cluster document frequency. */
  readonly frequency: number;
  /** Whether it is among the top share. */
  readonly strategic: boolean;
}

/** What was found in a corpus. */
export interface MinedGrams {
  /** The strategic grams: the n-grams of the clusters that are kept, in their order. */
  readonly grams: readonly string[];
  /** Every cluster, the most frequent first. */
  readonly clusters: readonly GramCluster[];
  /** Number of distinct solutions. */
  readonly solutions: number;
}

/**
 * Mines a corpus of correct solutions. The result does not depend on their order, and a repeated solution counts once.
 *
 * @throws {RangeError} for an option out of range, or a candidate without a vector.
 */
export function mineStrategicGrams(solutions: readonly string[], options: MiningOptions = {}): MinedGrams {
  const { share = 0.2, similarity = 0.5, vectors } = options;
  for (const [name, value] of Object.entries({ share, similarity })) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} is ${value}; use a number from 0 to 1`);
  }
  const distinct = [...new Set(solutions)];
  const candidates = candidateGrams(distinct, options);
  const alike = vectors
    ? cosineSimilarity(candidates.map(({ gram }) => {
      const vector = vectors.get(gram);
      if (!vector) throw new RangeError(`There is no vector for ${JSON.stringify(gram)}; give one for every candidate`);
      return vector;
    }))
    : trigramSimilarity(candidates.map(({ gram }) => gram));
  const clusters = clusterBySimilarity(candidates.length, alike, similarity).map((members) => {
    const own = members.map((i) => candidates[i]).sort((a, b) => b.solutions.length - a.solutions.length);
    const count = new Set(own.flatMap(({ solutions }) => solutions)).size;
    return { grams: own.map(({ gram }) => gram), solutions: count, frequency: count / distinct.length };
  }).sort((a, b) => b.solutions - a.solutions || (a.grams[0] < b.grams[0] ? -1 : 1));
  const kept = Math.ceil(share * clusters.length);
  return {
    grams: clusters.slice(0, kept).flatMap(({ grams }) => grams),
    clusters: clusters.map((cluster, i) => ({ ...cluster, strategic: i < kept })),
    solutions: distinct.length,
  };
}
