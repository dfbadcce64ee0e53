/**
 * The answer in a box: `\boxed{…}`, as MATH writes its solutions and asks for answers.
 *
 * - The **last** box counts, as in MATH's own grader; what stands in earlier ones are steps or parts.
 * - Braces nest, and an escaped one (`\{`) is a character: `\boxed{\left\{1,2\right\}}` is read whole.
 * - `\fbox{…}` is a box too. A box of one token may lack the braces: `\boxed 5` and `\boxed\frac12` reach to the end of
 *   the formula (`$`, `\)`, `\]`) or of the line.
 * - An empty box is none, so that `\boxed{}` in a repeated instruction is no answer.
 * - A last box that never closes is none either, and no earlier one takes its place: the response was cut in it.
 *
 * @module
 */

/** What was found: the content of the last box, or why there is none. */
export type Boxed =
  | { readonly content: string }
  | { readonly content: null; readonly reason: "no box" | "not closed" };

/** The content of the last box of a text. */
export function lastBoxed(text: string): Boxed {
  const starts = [...text.matchAll(/\\(?:boxed|fbox)(?![a-zA-Z])\s*/g)];
  // What lies in a box is none of its own: boxes are looked at from the front, the last outermost one counts.
  let found: Boxed = { content: null, reason: "no box" }, end = 0;
  for (const match of starts) {
    const start = match.index + match[0].length;
    if (match.index < end) continue;
    const braced = text[start] === "{";
    const close = braced ? closingBrace(text, start) : endOfFormula(text, start);
    if (close < 0) return { content: null, reason: "not closed" };
    end = close;
    const content = text.slice(braced ? start + 1 : start, close).trim();
    if (content !== "") found = { content };
  }
  return found;
}

/** Where the brace at `open` closes, or -1. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i;
  }
  return -1;
}

/** Where the formula that goes on at `start` ends, at the latest with the line. */
function endOfFormula(text: string, start: number): number {
  const at = text.slice(start).search(/(?<!\\)\$|\\[)\]]|\n|\\end\{/);
  return at < 0 ? text.length : start + at;
}
