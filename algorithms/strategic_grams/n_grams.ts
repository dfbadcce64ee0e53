/**
 * Word n-grams of solutions: the candidates from which strategic grams are chosen.
 *
 * @module
 */

import { wordRuns } from "./words.ts";

/** Which n-grams are candidates. */
export interface NGramOptions {
  /** Fewest and most words of an n-gram. Default 3 and 5 (arXiv 2509.03646). */
  words?: readonly [fewest: number, most: number];
  /** Fewest distinct solutions that must contain it. Default 2: what one solution says is no strategy. */
  minimumSolutions?: number;
  /** How many candidates are kept at most, the most frequent first. Default 2000: clustering compares all pairs. */
  candidates?: number;
  /**
   * Whether n-grams with a digit are candidates. Default false. The paper does not say; they calculate and do not plan
   * (`because 4 x`, `12 years old`). On the 7,473 training solutions of GSM8K they would be 294 of the 1,190 n-grams
   * that are kept, in 26 of 63 clusters.
   */
  numbers?: boolean;
}

/** A candidate. */
export interface NGram {
  /** Words in lower case, one space apart. */
  readonly gram: string;
  /** Indices, among the distinct solutions, of those that contain it. */
  readonly solutions: readonly number[];
}

const DIGIT = /\p{N}/u;

/**
 * The distinct n-grams of a text, none across the end of a sentence or a formula ({@linkcode wordRuns}), and none across
 * the end of a line: in worked solutions a line is a step, often without a full stop.
 */
export function wordNGrams(
  text: string,
  { words: [fewest, most] = [3, 5], numbers = false }: Pick<NGramOptions, "words" | "numbers"> = {},
): Set<string> {
  const grams = new Set<string>();
  for (const run of text.split("\n").flatMap((line) => wordRuns(line))) {
    for (let first = 0; first < run.length; first++) {
      let gram = "";
      for (let last = first; last < Math.min(first + most, run.length); last++) {
        if (!numbers && DIGIT.test(run[last].word)) break;
        gram += (gram === "" ? "" : " ") + run[last].word;
        if (last - first + 1 >= fewest) grams.add(gram);
      }
    }
  }
  return grams;
}

/**
 * The candidates of a list of *distinct* solutions, sorted by text, whatever the order of the solutions.
 *
 * An n-gram that is part of a longer one in exactly the same solutions is left out (`the answer` in `so the answer is`):
 * it says nothing more, and would be counted as a kind of phrase of its own.
 *
 * @throws {RangeError} for numbers of words, solutions or candidates that are no whole numbers from 1.
 */
export function candidateGrams(solutions: readonly string[], options: NGramOptions = {}): NGram[] {
  const { words = [3, 5], minimumSolutions = 2, candidates = 2000, numbers = false } = options;
  for (const [name, value] of Object.entries({ words: words[0], minimumSolutions, candidates })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`${name} is ${value}; use a whole number from 1`);
    }
  }
  if (!(Number.isInteger(words[1]) && words[1] >= words[0])) {
    throw new RangeError(`words is ${words[0]} to ${words[1]}; use whole numbers, the smaller first`);
  }
  const counts = new Map<string, number>();
  for (const solution of solutions) {
    for (const gram of wordNGrams(solution, { words, numbers })) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  const contained = new Set<string>();
  for (const [gram, count] of counts) {
    if (count < minimumSolutions) continue;
    for (const part of [gram.slice(0, gram.lastIndexOf(" ")), gram.slice(gram.indexOf(" ") + 1)]) {
      if (part !== gram && counts.get(part) === count) contained.add(part);
    }
  }
  const frequent = [...counts].filter(([gram, count]) => count >= minimumSolutions && !contained.has(gram))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, candidates);
  const holders = new Map<string, number[]>(frequent.map(([gram]) => [gram, []]));
  solutions.forEach((solution, i) => {
    for (const gram of wordNGrams(solution, { words, numbers })) holders.get(gram)?.push(i);
  });
  return [...holders].map(([gram, solutions]) => ({ gram, solutions })).sort((a, b) => a.gram < b.gram ? -1 : 1);
}
