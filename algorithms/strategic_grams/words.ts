/**
 * Text to runs of words: what a strategic gram is made of, in mining and in matching alike, so that whatever was mined
 * is found again.
 *
 * A **word** is a run of letters, combining marks, digits and apostrophes within it (`let's`); case does not count.
 * Words belong to one **run** if nothing stands between them but white space (of any length, a line break too), commas
 * and quotation marks, or one hyphen (`step-by-step`). Everything else ends a run, so that no gram reaches over the end
 * of a sentence, a formula, a list item or a blank line: `then, check 2*3. So` has the runs `then check 2`, `3` and `so`.
 *
 * Scripts without spaces between words (Chinese, Thai) have no word boundaries here; grams for them need a segmenter.
 *
 * @module
 */

/** One word of a text. */
export interface Word {
  /** The word in lower case, with a plain apostrophe, Unicode NFC. */
  readonly word: string;
  /** Offset of its first character, in UTF-16 units. */
  readonly start: number;
  /** Offset behind its last character. */
  readonly end: number;
}

const WORD = /[\p{L}\p{M}\p{N}]+(?:['\u2019][\p{L}\p{M}\p{N}]+)*/gu;
const GLUE = /^(?:[\s,"'\u2018\u2019\u201c\u201d]*|[-\u2010])$/;
const BLANK_LINE = /\n[^\S\n]*\n/;

/** Whether `between` may stand between two words of one gram. */
const joins = (between: string) => between === " " || GLUE.test(between) && !BLANK_LINE.test(between);

/** The runs of words of a text, in order. */
export function wordRuns(text: string): Word[][] {
  const runs: Word[][] = [];
  let last: Word | undefined;
  for (const { 0: found, index: start } of text.matchAll(WORD)) {
    const end = start + found.length;
    const word = { word: found.normalize("NFC").toLowerCase().replaceAll("\u2019", "'"), start, end };
    if (last && joins(text.slice(last.end, start))) runs[runs.length - 1].push(word);
    else runs.push([word]);
    last = word;
  }
  return runs;
}
