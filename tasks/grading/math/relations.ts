/**
 * Equations and inequalities.
 *
 * @module
 */

import type { Verdict } from "../verdict.ts";
import type { Answer, RelationAnswer } from "./answer.ts";
import type { Compare } from "./compare.ts";
import { isFinite, size } from "./complex.ts";
import { evaluate, symbols } from "./evaluate.ts";
import type { Tree } from "./expression.ts";
import { flipped } from "./intervals.ts";
import { isName } from "./read.ts";
import { POINTS, samplePoint } from "./same_value.ts";
import { NoValue, type Value } from "./value.ts";

/** What a relation says its name is: 5 for `x = 5` and `x = 2 + 3 = 5`, A for `x \in A`; null for other relations. */
export function definition({ sides, operators }: RelationAnswer): Answer | null {
  if (operators[0] === "\\in" && operators.length === 1) return sides[1];
  if (operators.some((operator) => operator !== "=")) return null;
  const last = sides[sides.length - 1], first = sides[0];
  if (isName(first.text)) return occursIn(first, last) ? null : last;
  if (isName(last.text) && sides.length === 2 && !occursIn(last, first) && isNumber(first)) return first;
  // √4 = 2, or a calculation that ends in a number.
  return isNumber(last) && (sides.length > 2 || isNumber(first)) ? last : null;
}

/** Compares two relations; null if they are better compared as intervals. */
export function sameRelation(a: RelationAnswer, b: RelationAnswer, compare: Compare): Verdict | null {
  const no = (how: string): Verdict => ({ verdict: "different", reason: `different: ${how}` });
  const values = [definition(a), definition(b)];
  if (values[0] && values[1]) {
    const verdict = compare(values[0], values[1]);
    const sameNames = compatible(a, b);
    if (verdict.verdict !== "different" && (sameNames || a.operators[0] === "\\in")) return verdict;
    if (!sameNames && verdict.verdict === "equal") return no("name of the unknown");
  }
  if (a.operators.length === 1 && b.operators.length === 1) {
    const verdict = proportional(a, b);
    if (verdict) return verdict;
  }
  const [x, y] = [pointing(a), pointing(b)];
  if (x.operators.join() !== y.operators.join()) return no("relation");
  const verdicts = x.sides.map((side, index) => compare(side, y.sides[index]));
  if (verdicts.length !== y.sides.length) return no("number of sides");
  const undecided = verdicts.find(({ verdict }) => verdict === "unparsed");
  const differs = verdicts.findIndex(({ verdict }) => verdict === "different");
  if (differs >= 0) return no(`side ${differs + 1} of the relation`);
  return undecided ?? { verdict: "equal", reason: "equal: sides of the relation" };
}

/** A chain with its small end first. */
function pointing(relation: RelationAnswer): RelationAnswer {
  const down = relation.operators.every((operator) => operator === ">" || operator === "\\ge");
  if (!down) return relation;
  const operators = relation.operators.map(flipped).reverse() as unknown as RelationAnswer["operators"];
  return { ...relation, operators, sides: [...relation.sides].reverse() };
}

/** Left minus right of one is a constant times that of the other: 2x + 4y = 3 and y = 3/4 - x/2. */
function proportional(a: RelationAnswer, b: RelationAnswer): Verdict | null {
  const [x, y] = [difference(a), difference(b)];
  if (!x || !y) return null;
  const variables = new Set([...symbols(x), ...symbols(y)]);
  if (variables.size === 0) return null;
  let ratio: number | null = null, agreed = 0;
  try {
    for (let index = 0; index < POINTS; index++) {
      const point = samplePoint(index);
      const [p, q] = [evaluate(x, point, "real"), evaluate(y, point, "real")];
      const next = quotient(p, q);
      // Undefined at the point, or a solution of both.
      if (next === null || Number.isNaN(next)) continue;
      if (!Number.isFinite(next) || next === 0) return relationDiffers();
      if (ratio !== null && Math.abs(next - ratio) > 1e-9 * Math.abs(ratio)) return relationDiffers();
      ratio ??= next;
      agreed++;
    }
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
    return null;
  }
  if (ratio === null || agreed < 3) return null;
  const operator = ratio < 0 ? flipped(b.operators[0]) : b.operators[0];
  if (operator !== a.operators[0]) return relationDiffers();
  return { verdict: "equal", reason: "equal: relation" };
}

function relationDiffers(): Verdict {
  return { verdict: "different", reason: "different: relation" };
}

function difference({ sides: [left, right], operators }: RelationAnswer): Tree | null {
  if (operators[0] === "\\in" || left.kind !== "value" || right.kind !== "value") return null;
  return ["Subtract", left.tree, right.tree];
}

/** The ratio of two values if it is real; null where one of them is undefined. */
function quotient(p: Value, q: Value): number | null {
  const [a, b] = [p.approximate, q.approximate];
  if (!isFinite(a) || !isFinite(b)) return null;
  const square = size(b) ** 2;
  if (square === 0 || size(a) === 0) return square === size(a) ? NaN : 0;
  const re = (a.re * b.re + a.im * b.im) / square, im = (a.im * b.re - a.re * b.im) / square;
  return Math.abs(im) > 1e-9 * Math.abs(re) ? 0 : re;
}

/** Whether two definitions may define the same: x and x, y and f(x), W(n) and W(x), an area and A, but not x and y. */
function compatible(a: RelationAnswer, b: RelationAnswer): boolean {
  // A calculation defines no name.
  if (![a, b].every(({ sides }) => isName(sides[0].text) || isName(sides[sides.length - 1].text))) return true;
  const [x, y] = [a, b].map(({ sides }) => {
    const { text } = isName(sides[0].text) ? sides[0] : sides[sides.length - 1];
    return text.replace(/m?\s*\\(?:angle|overline|widehat)/g, "").replace(/[\s{}|]/g, "");
  });
  const isFunction = (name: string) => /^(?:y|\\?[a-zA-Z]+(?:_\w+)?\([a-zA-Z]\))$/.test(name);
  const described = (name: string) => /^\\text|^[a-z]{4,}/.test(name);
  return x === y || (isFunction(x) && isFunction(y)) || described(x) || described(y);
}

function occursIn(name: Answer, other: Answer): boolean {
  if (name.kind !== "value" || other.kind !== "value") return false;
  const inside = symbols(other.tree);
  return typeof name.tree === "string" && inside.has(name.tree);
}

function isNumber(answer: Answer): boolean {
  return answer.kind === "value" && symbols(answer.tree).size === 0;
}
