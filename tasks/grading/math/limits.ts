/**
 * Limits of size: what is longer or deeper is not read. They are far above any real answer, and decide before anything
 * expensive happens, so that the verdict on a hostile answer is the same on every machine.
 *
 * @module
 */

/** Longest answer that is read, in characters. The longest gold answer of MATH has 200. */
export const LONGEST = 1000;
/** Longest text that an answer is looked for in. */
export const LONGEST_TEXT = 10_000;
/** Deepest nesting of brackets and scripts. */
export const DEEPEST = 24;
/** Most items of all lists, sets, tuples and matrices together. */
export const MOST_ITEMS = 200;
/** Largest exact number, in bits: 9^9^9 has ten digits more than that has bits. */
export const LARGEST_BITS = 8192;
/** Most steps of one evaluation. */
export const MOST_STEPS = 5000;

/** Why a text is not read, or null if it is within the limits. */
export function beyondLimits(text: string): string | null {
  if (text.length > LONGEST) return `longer than ${LONGEST} characters`;
  let depth = 0, scripts = 0;
  for (const character of text) {
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if ("^_".includes(character)) scripts++;
    if (depth > DEEPEST) return `brackets nested deeper than ${DEEPEST}`;
  }
  return scripts > 20 * DEEPEST ? `more than ${20 * DEEPEST} scripts` : null;
}

/**
 * Why a formula is not given to the parser, or null. The parser tries every way to pair bars and to end a set, so its
 * time doubles with each; quantifiers it would read have no value.
 */
export function beyondParser(formula: string): string | null {
  if (/\\(?:forall|exists|nexists|not|neg|lnot)(?![a-zA-Z])/.test(formula)) return "a statement of logic";
  if (count(formula, /\||\\[lr]?Vert(?![a-zA-Z])/g) > 6) return "more than three pairs of bars";
  if (count(formula, /\\\{/g) > 2) return "sets within a formula";
  return null;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
