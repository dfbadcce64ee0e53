/**
 * Whether two answers that were read mean the same. Verdicts of parts combine: one part that differs decides, and a
 * part that could not be read leaves the whole undecided.
 *
 * @module
 */

import type { Conventions, Verdict } from "../verdict.ts";
import type { Answer, ListAnswer, RelationAnswer, SetAnswer, TupleAnswer, UnionAnswer } from "./answer.ts";
import { intervalsOf } from "./intervals.ts";
import { definition, sameRelation } from "./relations.ts";
import { sameValue } from "./same_value.ts";
import { sameQuantity } from "./quantities.ts";
import { read } from "./read.ts";
import { numberInWords, sameWords } from "./words.ts";

/** Compares two answers or parts of them. */
export type Compare = (a: Answer, b: Answer) => Verdict;

/** An `equal` verdict. */
export const equal = (how: string): Verdict => ({ verdict: "equal", reason: `equal: ${how}` });
/** A `different` verdict. */
export const different = (how: string): Verdict => ({ verdict: "different", reason: `different: ${how}` });
/** An `unparsed` verdict. */
export const unparsed = (why: string): Verdict => ({ verdict: "unparsed", reason: `unparsed: ${why}` });

/** Compares a gold answer with a prediction. */
export function compareWith(conventions: Conventions): Compare {
  return compare;

  function compare(a: Answer, b: Answer): Verdict {
    if (a.kind !== "unparsed" || a.text !== "") {
      if (a.text.replaceAll(" ", "") === b.text.replaceAll(" ", "")) return equal("same text");
    }
    if (a.kind === "unparsed") return unparsed(`gold answer, ${a.reason}`);
    if (b.kind === "unparsed") return unparsed(b.reason);
    // 60,120 is a number by itself, and two beside 60^\\circ, 120^\\circ.
    if (a.kind === "list" && isGrouped(b)) return compare(a, read(b.text.replaceAll(",", ", ")));
    if (b.kind === "list" && isGrouped(a)) return compare(read(a.text.replaceAll(",", ", ")), b);
    // x = 5 answers as 5 does, and x \in A as A does.
    for (const [one, other, flip] of [[a, b, false], [b, a, true]] as const) {
      if (one.kind !== "relation" || other.kind === "relation") continue;
      const value = definition(one);
      if (value) return flip ? compare(other, value) : compare(value, other);
    }
    // Just one of two relations is a membership: x \\in [-2, 7] is compared by its set.
    if (a.kind === "relation" && b.kind === "relation") {
      const [m, n] = [memberOf(a), memberOf(b)];
      if (m && !n) return compare(m, b);
      if (n && !m) return compare(a, n);
      const verdict = sameRelation(a, b, compare);
      if (verdict) return verdict;
    }
    const [x, y] = [intervalsOf(a, b), intervalsOf(b, a)];
    if (x && y) return unordered(x, y, "interval");
    if (isWords(a) || isWords(b)) return words(a, b);
    if (a.kind === "value" && b.kind === "value") return sameQuantity(a, b, conventions);
    if (a.kind === "numeral" || b.kind === "numeral") return numerals(a, b);
    if (a.kind === "clock" || b.kind === "clock") {
      return a.kind === "clock" && b.kind === "clock" && a.seconds === b.seconds ? equal("time") : different("time");
    }
    if (a.kind === "matrix" || b.kind === "matrix") return matrices(a, b);
    if (a.kind === "tuple" && b.kind === "tuple") return tuples(a, b);
    if (isMany(a) || isMany(b)) return collections(a, b);
    return different("kind of answer");
  }

  function words(a: Answer, b: Answer): Verdict {
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const number = one.kind === "words" ? numberInWords(one.text) : null;
      if (number !== null && other.kind === "value") return sameValue(number, other.tree, conventions.roundedFrom);
    }
    return sameWords(a.text, b.text);
  }

  /** The base may be left out, since the question names it. */
  function numerals(a: Answer, b: Answer): Verdict {
    const read = (answer: Answer) =>
      answer.kind === "numeral"
        ? answer
        : answer.kind === "value" && /^-?\w+$/.test(answer.text)
        ? { digits: answer.text, base: null }
        : null;
    const [x, y] = [read(a), read(b)];
    if (!x || !y) return different("kind of answer");
    if (x.base !== null && y.base !== null && x.base !== y.base) return different("base");
    return x.digits === y.digits ? equal("numeral") : different("numeral");
  }

  /** A column or a row is a vector, which is written as a tuple as well. */
  function matrices(a: Answer, b: Answer): Verdict {
    const vector = (answer: Answer) =>
      answer.kind === "tuple"
        ? answer.items
        : answer.kind === "matrix" && (answer.rows.length === 1 || answer.rows.every((row) => row.length === 1))
        ? answer.rows.flat()
        : null;
    if (a.kind === "matrix" && b.kind === "matrix") {
      const shape = ({ rows }: typeof a) => rows.map((row) => row.length).join();
      if (shape(a) !== shape(b)) return different("shape of matrix");
      return inOrder(a.rows.flat(), b.rows.flat(), "entry of matrix");
    }
    const [x, y] = [vector(a), vector(b)];
    return x && y ? inOrder(x, y, "component") : different("kind of answer");
  }

  function tuples(a: TupleAnswer, b: TupleAnswer): Verdict {
    if (a.items.length !== b.items.length) return different("length of tuple");
    // Of two items, square brackets say that it is an interval.
    if (a.items.length === 2 && (a.open !== b.open || a.close !== b.close)) return different("interval end");
    return inOrder(a.items, b.items, "component");
  }

  function collections(a: Answer, b: Answer): Verdict {
    const [x, y] = [itemsOf(a), itemsOf(b)];
    if (a.kind === "union" || b.kind === "union") return unordered(x, y, "part of union");
    const ordered = conventions.lists === "ordered" && a.kind === "list" && b.kind === "list";
    return ordered ? inOrder(x, y, "item") : unordered(x, y, "item");
  }

  function inOrder(a: readonly Answer[], b: readonly Answer[], what: string): Verdict {
    if (a.length !== b.length) return different(`number of ${what}s`);
    let undecided: Verdict | null = null;
    for (const [index, one] of a.entries()) {
      const verdict = compare(one, b[index]);
      if (verdict.verdict === "different") return different(`${what} ${index + 1}`);
      if (verdict.verdict === "unparsed") undecided ??= verdict;
    }
    return undecided ?? equal(`${what}s`);
  }

  /**
   * Pairs every item with an equal one; the item at the same place is tried first. Lists of different lengths are
   * compared without repetitions: a solution that is named twice is one.
   */
  function unordered(all: readonly Answer[], others: readonly Answer[], what: string): Verdict {
    const same = all.length === others.length;
    const [a, b] = same ? [all, others] : [distinct(all), distinct(others)];
    if (a.length !== b.length) return different(`number of ${what}s`);
    const rest = b.map((item, index) => ({ item, index }));
    let undecided: Verdict | null = null;
    for (const [index, one] of a.entries()) {
      rest.sort((p, q) => Number(q.index === index) - Number(p.index === index) || p.index - q.index);
      const at = rest.findIndex(({ item }) => {
        const verdict = compare(one, item);
        if (verdict.verdict === "unparsed") undecided ??= verdict;
        return verdict.verdict === "equal";
      });
      if (at < 0) return undecided ?? different(`${what} ${index + 1}`);
      rest.splice(at, 1);
    }
    return equal(`${what}s`);
  }

  function distinct(items: readonly Answer[]): readonly Answer[] {
    return items.filter((item, index) =>
      !items.slice(0, index).some((other) => compare(item, other).verdict === "equal")
    );
  }
}

function memberOf({ sides, operators }: RelationAnswer): Answer | null {
  return operators.join() === "\\in" ? sides[1] : null;
}

function isWords(answer: Answer): boolean {
  return answer.kind === "words";
}

function isGrouped(answer: Answer): boolean {
  return answer.kind === "value" && /^-?\d{1,3}(?:,\d{3})+$/.test(answer.text);
}

function isMany(answer: Answer): answer is ListAnswer | SetAnswer | UnionAnswer {
  return answer.kind === "list" || answer.kind === "set" || answer.kind === "union";
}

function itemsOf(answer: Answer): readonly Answer[] {
  return isMany(answer) ? answer.items : [answer];
}
