/**
 * From text to an answer of some kind. Each kind is tried in turn, from the outside in: lists, `\pm`, relations, unions,
 * brackets, matrices, numerals, clock times, and at last a number or a formula with its unit. What is left is words.
 *
 * @module
 */

import type { Answer, Operator } from "./answer.ts";
import { expression, isTree } from "./expression.ts";
import { MOST_ITEMS } from "./limits.ts";
import { bracketed, groupEnd, split } from "./scan.ts";
import { splitUnit } from "./units.ts";
import { choice, plainWords } from "./words.ts";

/** Separators of a bare list. A comma before three digits belongs to the number: 1,234. */
const LIST =
  /;|(?<!(?<![\d.])\d{1,3}(?:,\d{3})*),|,(?!\d{3}(?!\d))|\s*\\text\s*\{\s*,?\s*(?:and|or)\s*\}|\s+(?:and|or)\s+|\\vee|(?<=\d)or(?=[A-Za-z])/;
/** Separators within brackets: there a comma always separates. */
const INNER = /[;,]/;
const RELATION = /\\(?:le|ge|ne|in|equiv|approx|sim|to|rightarrow|Rightarrow|implies)(?![a-zA-Z])|:=|[=<>]/;
const UNION = /\\cup(?![a-zA-Z])|(?<=[)\]])\s*U\s*(?=[([])/;

/** Reads an answer that has been respelled. */
export function read(spelled: string): Answer {
  let items = 0;
  return visit(spelled, 0);

  function visit(raw: string, depth: number): Answer {
    const text = trim(raw);
    if (++items > MOST_ITEMS) return unparsed(text, `more than ${MOST_ITEMS} parts`);
    if (depth > 8) return unparsed(text, "parts nested deeper than 8");
    if (text === "") return unparsed(text, "empty");
    const inner = (part: string) => visit(part, depth + 1);

    const only = /^\\text\s*\{/.exec(text);
    if (only && groupEnd(text, only[0].length - 1) === text.length) {
      return words(text, text.slice(only[0].length, -1), inner);
    }
    if (isProse(text)) return { kind: "words", text };
    if (choice(text) && !/^[A-Z]$/.test(text)) return { kind: "words", text };

    const clock = clockTime(text);
    if (clock !== null) return { kind: "clock", text, seconds: clock };

    const parts = split(text, LIST).map((part) => part.text).filter((part) => trim(part) !== "");
    if (parts.length > 1) return list(text, parts.map(inner));

    const relation = readRelation(text, inner);
    if (relation) return relation;

    if (/\\(?:pm|mp)(?![a-zA-Z])/.test(text) && !bracketed(text)) {
      const sign = (plus: string, minus: string) =>
        text.replace(/\\pm(?![a-zA-Z])/g, plus).replace(/\\mp(?![a-zA-Z])/g, minus);
      return list(text, [inner(sign("+", "-")), inner(sign("-", "+"))]);
    }

    const union = split(text, UNION).map((part) => part.text);
    if (union.length > 1) return { kind: "union", text, items: union.map(inner) };

    if (text === "\\emptyset") return { kind: "set", text, items: [] };
    const numbers = /^\\mathbb\s*\{?R\}?$/.test(text);
    if (numbers) return inner("(-\\infty,\\infty)");
    const without = /^\\mathbb\s*\{?R\}?\s*(?:\\setminus|\\backslash|-|\\)\s*\\\{(.*)\\\}$/.exec(text);
    if (without) return inner(`x\\ne ${split(without[1], INNER).map((part) => part.text).join(",x\\ne ")}`);

    const bracket = readBrackets(text, inner);
    if (bracket) return bracket;

    const matrix = readMatrix(text, inner);
    if (matrix) return matrix;

    const numeral = /^(-?)(?:\\text\{)?([\dA-Z]+)\}?_\s*(?:\{\s*(\d+)\s*\}|(\d+))$/.exec(text);
    if (numeral && /\d/.test(numeral[2])) {
      return { kind: "numeral", text, digits: numeral[1] + numeral[2], base: numeral[3] ?? numeral[4] };
    }
    return readValue(text);
  }
}

function unparsed(text: string, reason: string): Answer {
  return { kind: "unparsed", text, reason };
}

/** Takes off what stands around an answer: punctuation, quotes, braces, a leading sign of equality. */
function trim(text: string): string {
  for (;;) {
    const before = text;
    text = text.trim().replace(/^(?:[:,;]|\\,|=(?!=)|\*\*)\s*/, "").replace(/(?:[,;:?]|(?<!\\)\\+|\*\*|\.(?!\d))$/, "");
    const group = /^\{/.test(text) ? bracketed(text) : null;
    if (group) text = group.inside;
    if (text === before) return text;
  }
}

function list(text: string, items: readonly Answer[]): Answer {
  const flat = items.flatMap((item) => item.kind === "list" ? item.items : [item]);
  return { kind: "list", text, items: flat };
}

/** The inside of `\text{…}`: words, or a list of words. */
function words(text: string, inside: string, inner: (part: string) => Answer): Answer {
  const bare = inside.trim();
  if (/^[-+]?[\d.,]+$/.test(bare) || clockTime(bare) !== null) return inner(bare);
  const parts = split(bare, /,\s*(?:and\s)?|\s+and\s+|\s+or\s+/).map((part) => part.text).filter((part) => part.trim());
  if (parts.length > 1 && parts.every((part) => /^\s*\(?\w+\)?\s*$/.test(part))) {
    return list(text, parts.map((part): Answer => ({ kind: "words", text: part.trim() })));
  }
  return { kind: "words", text: bare };
}

/** Plain words without anything to calculate. */
function isProse(text: string): boolean {
  if (/[=<>^_]|\\(?!text|ldots|dots| )/.test(text)) return false;
  const plain = plainWords(text);
  if (!/^[\p{L}\d][\p{L}\d\s/&-]*$/u.test(plain)) return false;
  if (/^(?:\d[\d\s]*)$|^\d/.test(plain)) return false;
  if (/\s(?:and|or)\s/.test(plain) || /[,;]/.test(text)) return false;
  // One short word in small letters may be a product: xy; anything longer, or several words, is text.
  return /\p{L}{4,}/u.test(plain) || /\p{L}{2,}\s|\s\p{L}{2,}/u.test(plain) || /^[A-Z]{2,}$/.test(plain) ||
    /^(?:yes|no|odd|all|any|one|two|six|ten|red|sun|mon)$/i.test(plain) || /\P{ASCII}/u.test(plain);
}

function clockTime(text: string): number | null {
  const bare = text.replace(/\\text\s*/g, "").replace(/[{}\\!\s]/g, "");
  const match = /^(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?:([ap])\.?m\.?)?$/i.exec(bare);
  if (!match || Number(match[1]) > 24) return null;
  const hour = match[4] ? Number(match[1]) % 12 + (/p/i.test(match[4]) ? 12 : 0) : Number(match[1]);
  return 3600 * hour + 60 * Number(match[2]) + Number(match[3] ?? 0);
}

/** Equations, inequalities, membership; null if the text is none. */
function readRelation(text: string, inner: (part: string) => Answer): Answer | null {
  const parts = split(text, RELATION);
  if (parts.length === 1) return null;
  const all = parts.slice(1).map(({ separator }) => separator.trim().replace(/^:=$/, "="));
  // An approximation behind an exact value says nothing more; x \approx 11 is all there is.
  const approximate = (operator: string) => /^\\(?:approx|sim)$/.test(operator);
  let count = all.length;
  while (count > 1 && approximate(all[count - 1])) count--;
  if (count === 1 && approximate(all[0]) && !isName(trim(parts[0].text))) return inner(parts[0].text);
  const operators = all.slice(0, count).map((operator) => approximate(operator) ? "=" : operator) as Operator[];
  if (operators.some((operator) => /^\\(?:to|rightarrow|Rightarrow|implies)$/.test(operator))) {
    return unparsed(text, "an arrow is no relation");
  }
  const texts = parts.slice(0, count + 1).map((part) => trim(part.text));
  if (texts[0] === "" && operators[0] === "=") return inner(texts.slice(1).join("="));
  if (texts.some((side) => side === "")) return unparsed(text, "a relation without a side");
  const first = operators[0];
  if (first === "\\in" && operators.length === 1) {
    return { kind: "relation", text, operators, sides: [name(texts[0]), inner(texts[1])] };
  }
  const sides = texts.map((side, index) => index === 0 && isName(side) ? name(side) : inner(side));
  return { kind: "relation", text, operators, sides };
}

function name(text: string): Answer {
  const tree = expression(text);
  return isTree(tree) ? { kind: "value", text, tree, unit: null } : { kind: "words", text };
}

const FUNCTION = String.raw`\\(?:a?(?:rc)?(?:sin|cos|tan|cot|sec|csc)h?|log|ln|lg|exp|sqrt|frac)(?![a-zA-Z])`;

/** Whether a text names what is asked for: `x`, `f(x)`, `|AB|`, `x_1`, `(p, q)`, `\angle ABC`, `A:B`. */
export function isName(text: string): boolean {
  const symbol = String.raw`(?:(?!${FUNCTION})\\?[a-zA-Z]+(?:_(?:\w|\{[^{}]*\}))?'*)`;
  const bare = text.replace(/\s+/g, " ").trim();
  if (/^(?:e|i|\\pi|\\infty)$/.test(bare)) return false;
  return new RegExp(`^${symbol}(?:\\^\\{-1\\})? ?(?:\\( ?[\\w, ]+ ?\\))?$`).test(bare) ||
    new RegExp(`^\\(${symbol}(?: ?, ?${symbol})+\\)$`).test(bare) ||
    /^\|[A-Z]{1,2}\|$|^[A-Z]\s?:\s?[A-Z]$|^m? ?\\(?:angle|overline|triangle|widehat|vec) ?\{?[A-Z]+\}?$/.test(bare) ||
    /^\\text\s*\{[^{}]*\}(?:_\w)?$/.test(bare) || new RegExp(`^${symbol} [A-Z]+$`).test(bare);
}

function readBrackets(text: string, inner: (part: string) => Answer): Answer | null {
  const group = bracketed(text);
  if (!group) return null;
  const builder = /^([^|:]*)(?:\||:)(.*)$/s.exec(group.inside);
  if (group.open === "\\{" && builder && /[<>=]|\\(?:le|ge|ne|in)/.test(builder[2])) return inner(builder[2]);
  const parts = split(group.inside, INNER).map((part) => part.text);
  if (parts.length === 1) {
    if (group.open === "\\{") {
      return { kind: "set", text, items: parts[0].trim() === "" ? [] : [inner(parts[0])] };
    }
    if (/^\s*(?:\\text\s*\{)?[A-Z]\}?\s*$/.test(parts[0])) return { kind: "words", text: parts[0].trim() };
    return inner(parts[0]);
  }
  const items = parts.map(inner);
  if (group.open === "\\{") {
    return {
      kind: "set",
      text,
      items: items.flatMap((item) => item.kind === "list" ? item.items : [item]),
    };
  }
  return { kind: "tuple", text, items, open: group.open, close: group.close };
}

function readMatrix(text: string, inner: (part: string) => Answer): Answer | null {
  const match =
    /^\\begin\s*\{([a-zA-Z]*matrix|array|cases|aligned|align\*?|gathered)\}\s*(?:\{[lcr|\s]*\})?(.*)\\end\s*\{\1\}$/s
      .exec(text.replace(/^([([|])\s*(\\begin.*\\end\s*\{[a-z*]+\})\s*[)\]|]$/s, "$2"));
  if (!match) return null;
  const rows = split(match[2].replaceAll("\\hline", ""), /\\\\(?:\[[^\]]*\])?/).map((part) => part.text).filter((row) =>
    row.trim() !== ""
  );
  const cells = rows.map((row) => split(row, /&/).map((part) => part.text));
  if (!/matrix|array/.test(match[1])) return list(text, cells.map((row) => inner(row.join(" "))));
  return { kind: "matrix", text, rows: cells.map((row) => row.map(inner)) };
}

/** A number or a formula with its unit; words if it is none. */
function readValue(text: string): Answer {
  const { text: bare, unit } = splitUnit(text);
  if (bare === "") return { kind: "words", text };
  if (bare !== text) {
    // What stood before the unit may be more than a value: (1, 2) \text{ cm}.
    const without = /[,;=<>]|\\(?:cup|le|ge|pm|mp)(?![a-zA-Z])/.test(bare) && !/^[\d,.]+$/.test(bare)
      ? read(bare)
      : null;
    if (without && without.kind !== "value") return without;
  }
  const tree = expression(bare);
  if (isTree(tree)) return { kind: "value", text, tree, unit };
  if (/^[\p{L}\s\d.,'’:/-]+$/u.test(plainWords(text)) && !/[\^_=+]|\\(?!text|[ ,;:!])/.test(text)) {
    return { kind: "words", text };
  }
  return unparsed(text, tree.error);
}
