/**
 * The answer without what is written around it: `\boxed{…}`, dollar signs, a few words of prose.
 *
 * @module
 */

import { groupEnd } from "./scan.ts";

/** Mathematics between delimiters: display first, because `$$` starts with `$`. */
const SEGMENT = /\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|(?<!\\)\$((?:\\.|[^$\\])+?)\$/gs;
/** What may stand between two parts of one answer. */
const CONNECTIVE = /^[\s,;.&+]*(?:(?:\\text\s*\{\s*)?(?:and|or)(?:\s*\})?)?[\s,;&]*$/;

/** Most boxes within boxes. */
const NESTED = 4;

/** Takes an answer out of its box, its dollar signs or the sentence around it; most answers are bare already. */
export function bareAnswer(text: string, depth = 0): string {
  const bold = /^\s*\*\*([^*]+)\*\*[.\s]*$/.exec(text);
  if (bold) text = bold[1];
  const boxed = depth < NESTED ? boxes(text) : null;
  if (boxed !== null) return bareAnswer(boxed, depth + 1);
  const segments = [...text.matchAll(SEGMENT)];
  if (segments.length === 0) return text.replace(/^[^]*\banswer\s*(?:is\b\s*:?|:)\s*(?=\S)/i, "");
  // 12 $ and $13: dollar signs the wrong way round, as in a box within a formula.
  if (segments.some((match) => CONNECTIVE.test(match.slice(1).find((part) => part !== undefined)!))) {
    return text.replaceAll("$", " ");
  }
  const contents = segments.map((match) => match.slice(1).find((part) => part !== undefined)!);
  const gaps = segments.map((match, index) => {
    const from = index === 0 ? 0 : segments[index - 1].index + segments[index - 1][0].length;
    return text.slice(from, match.index);
  });
  const last = segments[segments.length - 1], after = text.slice(last.index + last[0].length).trim();
  // Segments that belong together: $1$ and $2$; what stands before them is prose.
  let first = segments.length - 1;
  while (first > 0 && CONNECTIVE.test(gaps[first])) first--;
  const joined = contents.slice(first).reduce(
    (all, content, index) =>
      index === 0 ? content : `${all}${gaps[first + index].trim() === "" ? " " : gaps[first + index]}${content}`,
    "",
  );
  const unit = /^(?:\\?%|[a-zA-Z]+(?: [a-zA-Z]+)?(?:\^\d)?)$/.test(after) ? ` ${after}` : "";
  return joined + unit;
}

/** The content of the last `\boxed{…}`, together with boxes that belong to it; null if there is none. */
function boxes(text: string): string | null {
  const found: { start: number; end: number; content: string }[] = [];
  const command = /\\+(?:boxed|fbox)\s*(?=[{\s\d])/g;
  for (let match; (match = command.exec(text)) && found.length < 64;) {
    const open = match.index + match[0].length;
    if (text[open] !== "{") {
      found.push({ start: match.index, end: open + 1, content: text[open] ?? "" });
      continue;
    }
    const end = groupEnd(text, open);
    // A box that was never closed ends with its line.
    const stop = end < 0 ? (text.indexOf("\n", open) < 0 ? text.length : text.indexOf("\n", open)) : end;
    found.push({ start: match.index, end: stop, content: text.slice(open + 1, end < 0 ? stop : stop - 1) });
    if (end < 0) break;
    command.lastIndex = stop;
  }
  if (found.length === 0) return null;
  const last = found[found.length - 1];
  let first = found.length - 1;
  while (first > 0 && belongs(text.slice(found[first - 1].end, found[first].start))) first--;
  const parts = [...new Set(found.slice(first).map(({ content }) => content))];
  return parts.length > 1 ? parts.join(", ") : last.content;
}

/** Whether two boxes make one answer: at most two words and no end of a sentence between them. */
function belongs(between: string): boolean {
  if (between.length > 60 || /\n\s*\n|\.\s/.test(between)) return false;
  const plain = between.replace(/\\(?:text|quad|qquad|[()[\],;:! ])/g, " ").replace(/[${}]/g, " ");
  return (plain.match(/[a-zA-Z]{2,}/g) ?? []).length <= 2;
}
