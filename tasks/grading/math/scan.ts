/**
 * Reading LaTeX by its brackets: groups, and separators that stand outside of all brackets.
 *
 * @module
 */

/** What opens and closes; `(0, 1]` is fine, so any closer ends any opener. */
const OPEN = /^(?:\\\{|\\begin\b|[([{])/;
const CLOSE = /^(?:\\\}|\\end\b|[)\]}])/;

/** Index behind the bracket group that starts at `start`, or -1 if it does not end. */
export function groupEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const step = token(text, at);
    if (OPEN.test(step)) depth++;
    else if (CLOSE.test(step) && --depth <= 0) {
      if (step !== "\\end") return at + step.length;
      const name = /^\{[^{}]*\}/.exec(text.slice(at + step.length));
      return at + step.length + (name?.[0].length ?? 0);
    }
    at += step.length;
  }
  return -1;
}

/** The next command, escaped character or character. */
export function token(text: string, at: number): string {
  if (text[at] !== "\\") return text[at];
  let end = at + 1;
  while (end < text.length && /[a-zA-Z]/.test(text[end])) end++;
  return text.slice(at, Math.max(end, Math.min(at + 2, text.length)));
}

/** Part of a text between separators, and the separator before it (empty for the first). */
export interface Part {
  readonly text: string;
  readonly separator: string;
}

/**
 * Splits at separators outside of brackets. `separator` is a sticky pattern; it is tried at every token.
 */
export function split(text: string, separator: RegExp): Part[] {
  const sticky = new RegExp(separator.source, "y");
  const parts: Part[] = [];
  let depth = 0, from = 0, before = "";
  for (let at = 0; at < text.length;) {
    if (depth === 0) {
      sticky.lastIndex = at;
      const found = sticky.exec(text)?.[0];
      if (found) {
        parts.push({ text: text.slice(from, at), separator: before });
        before = found;
        from = at += found.length;
        continue;
      }
    }
    const step = token(text, at);
    if (OPEN.test(step)) depth++;
    else if (CLOSE.test(step)) depth = Math.max(0, depth - 1);
    at += step.length;
  }
  parts.push({ text: text.slice(from), separator: before });
  return parts;
}

/** The inside of a text that is one bracket group as a whole, with its brackets; null if it is not. */
export function bracketed(text: string): { open: string; inside: string; close: string } | null {
  const open = OPEN.exec(text)?.[0];
  if (!open || open === "\\begin" || groupEnd(text, 0) !== text.length) return null;
  const close = text.endsWith("\\}") ? "\\}" : text.slice(-1);
  return { open, inside: text.slice(open.length, -close.length), close };
}
