/**
 * One spelling for what is written in several ways: Unicode and LaTeX, `\dfrac` and `\frac`, spaces, fonts, sizes of
 * brackets, ASCII names of functions. Nothing here changes what an answer means.
 *
 * @module
 */

import { groupEnd } from "./scan.ts";

/** LaTeX of characters, each followed by those it is for. */
const CHARACTERS = invert({
  "-": "− – — ‐ ‑",
  "/": "÷ ∕ ⁄",
  "'": "′ ’ ‘",
  '"': "“ ”",
  ", ": "， 、",
  "; ": "；",
  ": ": "：",
  ". ": "。",
  "^{\\circ}": "° º",
  "\\cdot ": "· ⋅ ∙",
  "\\times ": "×",
  "\\sqrt ": "√",
  "\\pi ": "π",
  "\\infty ": "∞",
  "\\le ": "≤ ⩽",
  "\\ge ": "≥ ⩾",
  "\\ne ": "≠",
  "\\approx ": "≈ ≃",
  "\\pm ": "±",
  "\\mp ": "∓",
  "\\cup ": "∪",
  "\\cap ": "∩",
  "\\in ": "∈",
  "\\emptyset ": "∅",
  "\\theta ": "θ",
  "\\alpha ": "α",
  "\\beta ": "β",
  "\\gamma ": "γ",
  "\\lambda ": "λ",
  "\\mu ": "μ",
  "\\phi ": "φ",
  "\\omega ": "ω",
  "\\mathbb{R}": "ℝ",
  "\\mathbb{Z}": "ℤ",
  "\\lfloor ": "⌊",
  "\\rfloor ": "⌋",
  "\\lceil ": "⌈",
  "\\rceil ": "⌉",
  "(": "⟨",
  ")": "⟩",
  "\\dots ": "…",
  "\\frac{1}{2}": "½",
  "\\frac{1}{3}": "⅓",
  "\\frac{2}{3}": "⅔",
  "\\frac{1}{4}": "¼",
  "\\frac{3}{4}": "¾",
});

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** Zero-width, direction marks, soft hyphen, control characters (line ends and tabs are spaces). */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cs}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/gu;

/** Commands with the same meaning as another command, or as plain characters. */
const SYNONYMS = invert({
  "\\frac": "dfrac tfrac cfrac",
  "\\binom": "dbinom tbinom",
  "\\text": "mbox hbox fbox textbf textit textrm textnormal textup textsf texttt",
  "\\le": "leq leqslant leqq",
  "\\ge": "geq geqslant geqq",
  "\\ne": "neq",
  "\\approx": "approxeq simeq",
  "\\emptyset": "varnothing",
  "\\dots": "ldots cdots dotsc dotsb",
  "\\arctan": "arctg",
  "\\tan": "tg",
  "\\cot": "ctg",
  "\\csc": "cosec",
  "\\infty": "infin",
  "\\cdot ": "ast star",
  "\\cup": "bigcup",
  "\\cap": "bigcap",
  "\\phi": "varphi",
  "\\epsilon": "varepsilon",
  "\\{": "lbrace",
  "\\}": "rbrace",
  "[": "lbrack",
  "]": "rbrack",
  "|": "lvert rvert vert mid",
  "(": "langle lparen",
  ")": "rangle rparen",
  "<": "lt",
  ">": "gt",
  ":": "colon",
  "/": "slash",
  " ": "newline",
  "^{\\circ}": "degree",
});

function invert(table: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(table).flatMap(([to, from]) => from.split(" ").map((one) => [one, to] as const)));
}

/** Commands that only change looks or spacing. */
const WITHOUT_MEANING = new RegExp(
  String.raw`\\(?:left|right|middle|bigl|bigr|Bigl|Bigr|biggl|biggr|Biggl|Biggr|big|Big|bigg|Bigg|displaystyle|` +
    String
      .raw`textstyle|scriptstyle|limits|nolimits|rm|bf|it|sf|tt|cal|mathstrut|strut|hfill|noindent|boldmath)(?![a-zA-Z])`,
  "g",
);

/** Functions that ASCII writes without a backslash. */
const FUNCTIONS =
  "arcsin|arccos|arctan|arccot|arcsec|arccsc|sinh|cosh|tanh|coth|sech|csch|sin|cos|tan|cot|sec|csc|log|ln|lg|exp|gcd|lcm|max|min";

/** Commands whose name may have swallowed letters, as when a normaliser removed the space of `\cot x`. */
const SWALLOWING = new RegExp(
  String
    .raw`\\(${FUNCTIONS}|quad|qquad|pi|cdot|times|pm|theta|alpha|beta|sqrt|infty|cup|leq|geq|le|ge)(?=[a-zA-Z])([a-zA-Z]+)`,
  "g",
);

/** Every command this file or the parser knows and that starts with another's name. */
const KNOWN = new Set(
  ("arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch sin cos tan cot sec csc log ln lg exp gcd " +
    "lcm max min quad qquad pi cdot cdots times pm pmod pmatrix theta alpha beta sqrt infty cup le leq leqslant left " +
    "leftarrow leftrightarrow lex ge geq geqslant gets minus maxsub leqq geqq lessgtr less lnot begin end ell").split(
      " ",
    ),
);

/** Rewrites an answer; it stays readable LaTeX. */
export function respell(text: string): string {
  text = text.replace(INVISIBLE, "").replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000\s]+/g, " ");
  text = unescapeTwice(text);
  text = text.replace(
    new RegExp(`[${SUPERSCRIPTS}]+`, "g"),
    (digits) => `^{${[...digits].map((digit) => SUPERSCRIPTS.indexOf(digit)).join("")}}`,
  );
  text = text.replace(
    new RegExp(`[${SUBSCRIPTS}]+`, "g"),
    (digits) => `_{${[...digits].map((digit) => SUBSCRIPTS.indexOf(digit)).join("")}}`,
  );
  text = text.replace(/\P{ASCII}/gu, (character) => CHARACTERS.get(character) ?? character.normalize("NFKC"));
  return commands(spaces(text)).replace(/ +/g, " ").trim();
}

/**
 * `\\frac` for `\frac`: a string that was escaped once too often. Outside of environments a double backslash means
 * nothing, and within them a row break is not followed by a command's letters without a space.
 */
function unescapeTwice(text: string): string {
  if (/\\\\begin/.test(text)) return text.replace(/\\\\/g, "\\");
  if (text.includes("\\begin")) return text;
  return text.replace(/\\\\(?=[a-zA-Z{}!,;()[\]%$])/g, "\\");
}

/** Spaces: `\!` is none (and joins the digits of `32,\! 760`), the others are a blank. */
function spaces(text: string): string {
  return text
    .replace(/\\!\s*/g, "")
    .replace(/(\d)\{,\}\s?(?=\d{3}(?!\d))/g, "$1,")
    .replace(/(\d)\\,(?=\d{3}(?!\d))/g, "$1")
    .replace(/(?<!\\)\\(?:[,;:> ]|(?:thinspace|medspace|thickspace|enspace|quad|qquad)(?![a-zA-Z]))/g, " ")
    .replace(/\\q?quad(?=[a-zA-Z])/g, " ")
    .replace(/\\(?:h|v)space\*?\{[^{}]*\}|\\(?:h|v)?phantom\{[^{}]*\}/g, " ")
    .replace(/~/g, " ");
}

function commands(text: string): string {
  text = text.replace(/\\(?:left|right)\s*\./g, "").replace(WITHOUT_MEANING, "");
  text = text.replace(SWALLOWING, (whole, name, rest) => KNOWN.has(name + rest) ? whole : `\\${name} ${rest}`);
  text = text.replace(/\\([a-zA-Z]+)/g, (whole, name) => SYNONYMS.get(name) ?? whole);
  text = fonts(text);
  return ascii(text);
}

/** `\mathbf{v}` is v, `\mathrm{cm}` is a word; `\mathbb` and `\mathcal` name sets and stay. */
function fonts(text: string): string {
  const font = /\\(mathrm|mathbf|mathit|mathsf|mathtt|mathnormal|boldsymbol|bm|pmb|operatorname\*?|underline)\s*\{/g;
  for (let found; (found = font.exec(text));) {
    const start = found.index + found[0].length - 1, end = groupEnd(text, start);
    if (end < 0) break;
    const inside = text.slice(start + 1, end - 1).trim();
    const known = new RegExp(`^(?:${FUNCTIONS})$`).test(inside);
    const word = found[1].startsWith("mathrm") && /^[a-zA-Z][a-zA-Z .]+$/.test(inside);
    const plain = known ? `\\${inside} ` : word ? `\\text{${inside}}` : `${inside} `;
    text = text.slice(0, found.index) + plain + text.slice(end);
    font.lastIndex = found.index;
  }
  return text;
}

/** ASCII mathematics: `2**100`, `sqrt(3)`, `pi`, `sin(x)`, `<=`, `x^10`, `e^(2x)`. Words inside `\text` stay. */
function ascii(text: string): string {
  return outsideOfText(text, (part) => {
    part = part
      .replace(/\*\*/g, "^")
      .replace(/\*/g, "\\cdot ")
      .replace(/<=|=</g, "\\le ")
      .replace(/>=|=>/g, "\\ge ")
      .replace(/!=(?!=)|=\/=/g, "\\ne ")
      .replace(/(?<![\\a-zA-Z])(?:infinity|infty|inf|oo)(?![a-zA-Z])/g, "\\infty ")
      .replace(/(?<![\\a-zA-Z])pi(?![a-zA-Z])/g, "\\pi ")
      .replace(/(?<![\\a-zA-Z])sqrt(?=\s*[({\d])/g, "\\sqrt ")
      .replace(new RegExp(`(?<![\\\\a-zA-Z])(${FUNCTIONS})(?=\\s*[({^]| [a-zA-Z\\d])`, "g"), "\\$1 ")
      .replace(/\^ ?\\circ(?![a-zA-Z])|\^ ?\{ ?\\circ ?\}/g, "^{\\circ}")
      .replace(/\^ ?(-?\d+\.\d+|-?\d{2,}|-\d+|-[a-zA-Z](?![a-zA-Z]))/g, "^{$1}");
    return bracketsToBraces(bracketsToBraces(part, "^"), "\\sqrt");
  });
}

/** `^(…)` and `\sqrt (…)` with braces. */
function bracketsToBraces(text: string, before: "^" | "\\sqrt"): string {
  for (let at = text.indexOf(before); at >= 0; at = text.indexOf(before, at + 1)) {
    const open = at + before.length + (/^ */.exec(text.slice(at + before.length))?.[0].length ?? 0);
    if (text[open] !== "(") continue;
    const end = groupEnd(text, open);
    if (end < 0) break;
    text = `${text.slice(0, at + before.length)}{${text.slice(open + 1, end - 1)}}${text.slice(end)}`;
  }
  return text;
}

/** Applies a rewriting to what stands outside of `\text{…}`. */
export function outsideOfText(text: string, rewrite: (part: string) => string): string {
  let result = "", from = 0;
  for (let at = text.indexOf("\\text{"); at >= 0; at = text.indexOf("\\text{", from)) {
    const end = groupEnd(text, at + 5);
    if (end < 0) break;
    result += rewrite(text.slice(from, at)) + text.slice(at, end);
    from = end;
  }
  return result + rewrite(text.slice(from));
}
