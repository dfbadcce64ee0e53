/**
 * An expression as a tree: LaTeX is parsed by the Compute Engine's LaTeX syntax into MathJSON. Only its parser is used:
 * it reads what people write, it is fast to load, and it does not evaluate. What the parser reads otherwise than
 * graders do is rewritten before: mixed numbers, `1/2x`, thousands, square brackets as brackets.
 *
 * @module
 */

import { parse } from "@cortex-js/compute-engine/latex-syntax";
import { beyondParser } from "./limits.ts";
import { bracketed } from "./scan.ts";

/** MathJSON in its short form: a number, a symbol, or a function with its arguments. */
export type Tree = number | string | { readonly num: string } | readonly [string, ...Tree[]];

/** Parses an expression, or says why it can't. The text has been respelled. */
export function expression(text: string): Tree | { readonly error: string } {
  const latex = rewrite(text);
  const reason = beyondParser(latex);
  if (reason) return { error: reason };
  let parsed: unknown;
  try {
    parsed = parse(latex);
  } catch (error) {
    return { error: `the parser failed on it (${(error as Error).message.split("\n", 1)[0].slice(0, 80)})` };
  }
  return tree(parsed);
}

/** Whether an expression was read. */
export function isTree(value: Tree | { readonly error: string }): value is Tree {
  return typeof value !== "object" || !("error" in value);
}

function rewrite(text: string): string {
  let latex = text
    .replace(/(?<![\d.])(\d{1,3}(?:,\d{3})+)(?![\d])/g, (number) => number.replaceAll(",", ""))
    .replace(/\\frac\s*(\d)\s*(\d)/g, "\\frac{$1}{$2}")
    .replace(/\\frac\s*(\{-?\d+\})\s*(\d)/g, "\\frac$1{$2}")
    .replace(/\\frac\s*(\d)\s*(\{\d+\})/g, "\\frac{$1}$2")
    .replace(/(?<![\d.^\w/}])(\d+)\s?\/\s?(\d+)(?![\d.^!]|\s?\/)/g, "\\frac{$1}{$2}")
    // The parser reads \log_{10} as \log, which is natural here.
    .replace(/\\log\s*_\s*(?:\{\s*10\s*\}|10(?!\d))/g, "\\lg ")
    // Point behind a number that ends it, and digits apart: 1 2 is no number.
    .replace(/(\d)\.(?!\d|\\overline|\\dot)/g, "$1");
  // A mixed number has a proper fraction; 4\frac{3}{2} is a product.
  latex = latex.replace(
    /(?<![\d.^_\w}\\])(\d+)\s*\\frac\{(\d+)\}\{(\d+)\}/g,
    (whole, units, over, under) => Number(over) < Number(under) ? `(${units}+\\frac{${over}}{${under}})` : whole,
  );
  // Square brackets that hold no list are brackets; those of \sqrt[3] stay.
  for (let at = latex.indexOf("["); at >= 0; at = latex.indexOf("[", at + 1)) {
    if (/\\sqrt\s*$/.test(latex.slice(0, at))) continue;
    const end = latex.indexOf("]", at);
    if (end < 0) break;
    latex = `${latex.slice(0, at)}(${latex.slice(at + 1, end)})${latex.slice(end + 1)}`;
  }
  const group = bracketed(latex);
  return group?.open === "{" ? group.inside : latex;
}

/** Functions that say nothing of their own. */
const TRANSPARENT = new Set(["Delimiter", "Sequence", "Hold"]);

function tree(node: unknown): Tree | { readonly error: string } {
  if (typeof node === "number") return node;
  if (typeof node === "string") return node.startsWith("'") ? { error: `text in a formula: ${node}` } : node;
  if (Array.isArray(node)) {
    const [head, ...rest] = node as [string, ...unknown[]];
    if (head === "Error") return { error: "not a formula" };
    // The separator of a delimiter is a string; brackets have one content.
    const parts = TRANSPARENT.has(head) ? rest.filter((part) => typeof part !== "object" || !isString(part)) : rest;
    if (head === "HorizontalSpacing") return { error: "space" };
    const inner: Tree[] = [];
    for (const part of parts) {
      if (Array.isArray(part) && part[0] === "HorizontalSpacing") continue;
      const read = tree(part);
      if (!isTree(read)) return read;
      inner.push(read);
    }
    return [head, ...inner];
  }
  if (node && typeof node === "object") {
    if ("num" in node) return { num: String(node.num) };
    if ("sym" in node) return String(node.sym);
    if ("str" in node) return { error: "text in a formula" };
    if ("fn" in node) {
      const fn = node.fn as unknown[];
      if (fn[0] === "Error") return { error: errorOf(fn) };
      return tree(fn);
    }
  }
  return { error: "not a formula" };
}

function isString(part: unknown): boolean {
  return part !== null && typeof part === "object" && !Array.isArray(part) && "str" in part;
}

/** `unexpected command \foo`. */
function errorOf([, code, where]: readonly unknown[]): string {
  const text = (part: unknown): string => {
    if (typeof part === "string") return part.replace(/^'|'$/g, "");
    if (Array.isArray(part)) return text(part[1]);
    if (part && typeof part === "object" && "str" in part) return String(part.str);
    return "";
  };
  return `${text(code).replaceAll("-", " ")} ${text(where)}`.trim().slice(0, 80) || "not a formula";
}
