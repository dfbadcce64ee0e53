/**
 * Where strategic grams stand in a response: the planning tokens of HICRA (arXiv 2509.03646 §3).
 *
 * A gram is a phrase of words (`let us check`). It is found whole, on word boundaries, in any case, over any white
 * space, and with commas, quotation marks or a hyphen between its words (`words.ts` has the rule); matching by substring,
 * as the published list suggests, would mark `so` in `also`. At each word the longest gram that begins there counts;
 * grams that begin at other words may overlap it.
 *
 * ```ts
 * import { compileGrams, planningMask } from "@podium/rl/algorithms";
 *
 * const matcher = compileGrams(["first", "let us check"]);
 * const pieces = ["First", " 2", "+", "2", ". ", "Let", " us", "\n", "che", "ck", "ed"];
 * if (planningMask(pieces, matcher).join("") !== "10000000000") throw new Error("unexpected mask");
 * if (planningMask(pieces.slice(0, -1), matcher).join("") !== "1000011111") throw new Error("unexpected mask");
 * ```
 *
 * @module
 */

import { wordRuns } from "./words.ts";

/** A gram in a text. */
export interface GramMatch {
  /** The gram: its words in lower case, one space apart. */
  readonly gram: string;
  /** Offset of its first character, in UTF-16 units. */
  readonly start: number;
  /** Offset behind its last character. */
  readonly end: number;
}

/** A list of grams, ready to search texts. */
export interface GramMatcher {
  /** The grams, each once: words in lower case, one space apart. */
  readonly grams: readonly string[];
  /** Every match in a text, by where it begins. */
  find(text: string): GramMatch[];
}

/** What may follow the words read so far. */
interface Node {
  readonly next: Map<string, Node>;
  gram?: string;
}

/**
 * Makes a list of grams ready to search texts. Do it once: searching then takes time in proportion to the text.
 *
 * @throws {RangeError} for a gram without words, or with punctuation that ends a run of words: it could never be found.
 */
export function compileGrams(grams: readonly string[]): GramMatcher {
  const root: Node = { next: new Map() };
  const known = new Set<string>();
  for (const written of grams) {
    const runs = wordRuns(written);
    if (runs.length !== 1) {
      const problem = runs.length === 0 ? "has no words" : "has punctuation between its words, so it is never found";
      throw new RangeError(`Strategic gram ${JSON.stringify(written)} ${problem}; use words, such as "let us check"`);
    }
    let node = root;
    for (const { word } of runs[0]) {
      let child = node.next.get(word);
      if (!child) node.next.set(word, child = { next: new Map() });
      node = child;
    }
    known.add(node.gram = runs[0].map(({ word }) => word).join(" "));
  }
  return {
    grams: [...known],
    find(text) {
      const matches: GramMatch[] = [];
      for (const run of wordRuns(text)) {
        for (let first = 0; first < run.length; first++) {
          let node = root.next.get(run[first].word), longest: GramMatch | undefined;
          for (let last = first; node; node = run[++last] && node.next.get(run[last].word)) {
            if (node.gram !== undefined) longest = { gram: node.gram, start: run[first].start, end: run[last].end };
          }
          if (longest) matches.push(longest);
        }
      }
      return matches;
    },
  };
}

/**
 * 1 for every token whose text overlaps a gram, else 0: {@linkcode Response.planning} of a response.
 *
 * @param pieces the text of each token, in order; together they are the response. A token without text (a stop token,
 * the first bytes of a character) is an empty piece and never planning.
 */
export function planningMask(pieces: readonly string[], matcher: GramMatcher): Uint8Array {
  const mask = new Uint8Array(pieces.length);
  const matches = matcher.find(pieces.join(""));
  let match = 0, start = 0, covered = 0;
  pieces.forEach((piece, i) => {
    const end = start + piece.length;
    // Matches come by their start, and one may end behind the next: what counts is how far the text is covered.
    for (; match < matches.length && matches[match].start < end; match++) {
      covered = Math.max(covered, matches[match].end);
    }
    // An earlier match that ends behind this token's start covers it; so does one that begins within it.
    if (piece.length > 0 && covered > start) mask[i] = 1;
    start = end;
  });
  return mask;
}
