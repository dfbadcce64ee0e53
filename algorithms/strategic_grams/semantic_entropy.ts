/**
 * How varied plans are, and how varied what follows them: HICRA's two measures beside token entropy, which falls even
 * while strategies multiply because most tokens calculate (arXiv 2509.03646).
 *
 * Both are plug-in estimates from counts and therefore too low for few texts: compare batches of one size.
 *
 * ```ts
 * import { compileGrams, countGrams, semanticEntropy } from "@podium/rl/algorithms";
 *
 * const counts = countGrams(["First 1+1=2. Then 2+2=4.", "Then 3+3=6."], compileGrams(["first", "then"]));
 * const { bits } = semanticEntropy(counts); // of 1/3 and 2/3
 * if (Math.abs(bits - 0.9183) > 1e-4) throw new Error("unexpected entropy");
 * ```
 *
 * @module
 */

import type { GramMatcher } from "./matcher.ts";

/** How often each of several things was seen. */
export type Counts = Readonly<Record<string, number>>;

/** An entropy in both units. */
export interface Entropy {
  /** In nats. */
  readonly nats: number;
  /** In bits. */
  readonly bits: number;
}

const inBothUnits = (nats: number): Entropy => ({ nats, bits: nats / Math.LN2 });
const sum = (counts: Counts) => Object.values(counts).reduce((total, count) => total + count, 0);

function nats(counts: Counts): number {
  const total = sum(counts);
  const terms = Object.values(counts).map((count) => count === 0 ? 0 : -count / total * Math.log(count / total));
  return terms.reduce((entropy, term) => entropy + term, 0);
}

/** Shannon entropy of the frequencies of grams; 0 if none was seen. */
export function semanticEntropy(counts: Counts): Entropy {
  return inBothUnits(nats(counts));
}

/**
 * Entropy of what follows a gram, given the gram: `Σ p(gram) · H(following | gram)`, where p(gram) is the gram's share
 * of everything that was seen to follow one. 0 if nothing was.
 */
export function conditionalEntropy(following: Readonly<Record<string, Counts>>): Entropy {
  const rows = Object.values(following), total = rows.reduce((all, counts) => all + sum(counts), 0);
  return inBothUnits(total === 0 ? 0 : rows.reduce((all, counts) => all + sum(counts) / total * nats(counts), 0));
}

/** How often each gram stands in the texts, by its name; the longest at each word counts. */
export function countGrams(texts: readonly string[], matcher: GramMatcher): Record<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const { gram } of matcher.find(text)) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/**
 * Which procedural n-grams follow each gram: the first `length` symbols behind it, where a symbol is a word, a number or
 * a single mark (`34 + 36`). Fewer symbols before the next gram, or before the end, are not counted.
 */
export function countFollowing(
  texts: readonly string[],
  matcher: GramMatcher,
  { length = 3 }: { length?: number } = {},
): Record<string, Record<string, number>> {
  const following = new Map<string, Map<string, number>>();
  for (const text of texts) {
    const matches = matcher.find(text);
    matches.forEach(({ gram, end }, i) => {
      const next = matches.slice(i + 1).find((match) => match.start >= end);
      const symbols = text.slice(end, next?.start).toLowerCase().match(/[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]/gu);
      if (!symbols || symbols.length < length) return;
      const key = symbols.slice(0, length).join(" ");
      const counts = following.get(gram) ?? new Map<string, number>();
      following.set(gram, counts.set(key, (counts.get(key) ?? 0) + 1));
    });
  }
  return Object.fromEntries([...following].map(([gram, counts]) => [gram, Object.fromEntries(counts)]));
}
