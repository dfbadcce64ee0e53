/**
 * Random n-grams in place of strategic ones: the control of HICRA's claim (arXiv 2509.03646). They are drawn from the
 * same texts that strategic grams are mined from, share no word with those, and mark about the same share of tokens, so
 * that only the choice of the phrases differs.
 *
 * The n-grams are those of one and more words that at least two texts hold, numbers among them: most of what does not
 * plan in a worked solution calculates. They stand written down in `../suites/claims.json`; a test draws them again.
 *
 * @module
 */
import { compileGrams, planningMask } from "../../algorithms/strategic_grams/matcher.ts";
import { candidateGrams } from "../../algorithms/strategic_grams/n_grams.ts";
import { type Key, uniform } from "../../policy/random.ts";

/** A text as it is, and its tokens as text. */
export interface TokenizedText {
  /** The whole text. */
  readonly text: string;
  /** Its tokens, in order; together they are the text. */
  readonly pieces: readonly string[];
}

/** Share of all tokens that grams mark. */
export function markedShare(texts: readonly TokenizedText[], grams: readonly string[]): number {
  const matcher = compileGrams(grams);
  let marked = 0, tokens = 0;
  for (const { pieces } of texts) {
    tokens += pieces.length;
    for (const mark of planningMask(pieces, matcher)) marked += mark;
  }
  return tokens > 0 ? marked / tokens : 0;
}

/**
 * Draws n-grams of `texts` without a word of `strategic` until they mark the same share of tokens as near as they can;
 * a pure function of its arguments. They come in the order they were drawn.
 *
 * @throws {RangeError} if all of them together mark fewer tokens.
 */
export function randomGrams(texts: readonly TokenizedText[], strategic: readonly string[], key: Key): string[] {
  const planning = new Set(strategic.flatMap((gram) => gram.split(" ")));
  const most = Math.max(...strategic.map((gram) => gram.split(" ").length));
  const distinct = [...new Set(texts.map(({ text }) => text))];
  const drawn = candidateGrams(distinct, { words: [1, most], numbers: true, candidates: Number.MAX_SAFE_INTEGER })
    .map(({ gram }, index) => ({ gram, ticket: uniform(key, index) }))
    .filter(({ gram }) => !gram.split(" ").some((word) => planning.has(word)))
    .sort((a, b) => a.ticket - b.ticket)
    .map(({ gram }) => gram);
  const target = markedShare(texts, strategic);
  // More grams never mark fewer tokens, so the place where the target is reached is found by halving.
  let below = 0, reached = drawn.length;
  if (markedShare(texts, drawn) < target) {
    throw new RangeError("The texts hold too few n-grams to mark as many tokens as the strategic grams do.");
  }
  while (reached - below > 1) {
    const middle = (below + reached) >> 1;
    if (markedShare(texts, drawn.slice(0, middle)) < target) below = middle;
    else reached = middle;
  }
  const off = (count: number) => Math.abs(markedShare(texts, drawn.slice(0, count)) - target);
  return drawn.slice(0, off(below) < off(reached) ? below : reached);
}
