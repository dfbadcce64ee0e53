/**
 * Inequalities as intervals: `x < 1`, `1 < x \le 2`, `x \ne 3`, and lists and unions of them.
 *
 * @module
 */

import type { Answer, RelationAnswer, TupleAnswer, ValueAnswer } from "./answer.ts";
import { evaluate, symbols } from "./evaluate.ts";
import { NoValue } from "./value.ts";

/**
 * The intervals of an answer that is compared with `other`, or null if they are not wanted: two points `(1, 2)` are
 * compared as such, and two inequalities keep the chance to be the same after rearranging.
 */
export function intervalsOf(answer: Answer, other: Answer): readonly Answer[] | null {
  if (answer.kind === "relation" && other.kind === "relation") return null;
  if (!hasInequality(answer) && !hasInequality(other)) return null;
  return parts(answer);
}

function hasInequality(answer: Answer): boolean {
  if (answer.kind === "relation") return answer.operators.every((operator) => /[<>]|\\(?:le|ge|ne)$/.test(operator));
  return (answer.kind === "list" || answer.kind === "union") && answer.items.some(hasInequality);
}

function parts(answer: Answer): readonly Answer[] | null {
  if (answer.kind === "relation") return solve(answer);
  if (answer.kind === "tuple") return answer.items.length === 2 ? [answer] : null;
  if (answer.kind === "set") return [answer];
  if (answer.kind !== "list" && answer.kind !== "union") return null;
  // Several ≠ leave out several numbers.
  const excluded = answer.items.map((item) =>
    item.kind === "relation" && item.operators.join() === "\\ne" ? item : null
  );
  if (excluded.every((item) => item !== null)) return without(excluded.map((item) => item!.sides[1]));
  const all = answer.items.map(parts);
  return all.every((one) => one !== null) ? all.flatMap((one) => one!) : null;
}

function solve({ sides, operators }: RelationAnswer): readonly Answer[] | null {
  if (operators.length === 1) {
    const [left, right] = sides;
    if (isBound(right) && isUnknown(left)) return half(operators[0], right);
    if (isBound(left) && isUnknown(right)) return half(flipped(operators[0]), left);
    return null;
  }
  if (operators.length !== 2 || !isBound(sides[0]) || !isBound(sides[2]) || !isUnknown(sides[1])) return null;
  const up = operators.every((operator) => operator === "<" || operator === "\\le");
  const down = operators.every((operator) => operator === ">" || operator === "\\ge");
  if (!up && !down) return null;
  const [low, high] = up ? [sides[0], sides[2]] : [sides[2], sides[0]];
  const [first, last] = up ? operators : [...operators].reverse();
  return [interval(first.startsWith("\\") ? "[" : "(", low, high, last.startsWith("\\") ? "]" : ")")];
}

function half(operator: string, bound: Answer): readonly Answer[] | null {
  if (operator === "<") return [interval("(", infinity(-1), bound, ")")];
  if (operator === "\\le") return [interval("(", infinity(-1), bound, "]")];
  if (operator === ">") return [interval("(", bound, infinity(1), ")")];
  if (operator === "\\ge") return [interval("[", bound, infinity(1), ")")];
  return operator === "\\ne" ? without([bound]) : null;
}

/** All real numbers but some. */
function without(points: readonly Answer[]): readonly Answer[] | null {
  const values = points.map((point) => isBound(point) ? number(point) : NaN);
  if (values.some(Number.isNaN)) return null;
  const sorted = [...points.keys()].sort((a, b) => values[a] - values[b]).map((index) => points[index]);
  const ends = [infinity(-1), ...sorted, infinity(1)];
  return ends.slice(1).map((end, index) => interval("(", ends[index], end, ")"));
}

/** The operator of a relation whose sides are exchanged or multiplied by -1. */
export function flipped(operator: string): string {
  const table: Readonly<Record<string, string>> = { "<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le" };
  return table[operator] ?? operator;
}

function isBound(answer: Answer): answer is ValueAnswer {
  return answer.kind === "value" && symbolsOf(answer) === 0;
}

/** One name: x, f(x), |AB|. */
function isUnknown(answer: Answer): boolean {
  return answer.kind === "words" ||
    (answer.kind === "value" && (typeof answer.tree === "string" || /^[a-zA-Z]\([a-zA-Z]\)$/.test(answer.text)) &&
      symbolsOf(answer) > 0);
}

function symbolsOf({ tree }: ValueAnswer): number {
  return [...symbols(tree)].filter((name) => !/^(?:Positive|Negative)Infinity$/.test(name)).length;
}

function number({ tree }: ValueAnswer): number {
  try {
    return evaluate(tree, () => ({ numerator: 1n, denominator: 1n })).approximate.re;
  } catch (error) {
    if (error instanceof NoValue) return NaN;
    throw error;
  }
}

function infinity(sign: 1 | -1): ValueAnswer {
  return {
    kind: "value",
    text: sign > 0 ? "\\infty" : "-\\infty",
    tree: sign > 0 ? "PositiveInfinity" : "NegativeInfinity",
    unit: null,
  };
}

function interval(open: string, low: Answer, high: Answer, close: string): TupleAnswer {
  return { kind: "tuple", text: `${open}${low.text},${high.text}${close}`, items: [low, high], open, close };
}
