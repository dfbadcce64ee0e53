/**
 * An answer after reading: what kind it is and what it is made of. `read.ts` makes it, `compare.ts` compares two.
 *
 * @module
 */

import type { Tree } from "./expression.ts";

/** Operators between the sides of a relation. */
export type Operator = "=" | "<" | ">" | "\\le" | "\\ge" | "\\ne" | "\\in" | "\\equiv";

/** What every kind has: the answer as respelled, for messages and for identical answers. */
interface Spelled {
  readonly text: string;
}

/** A number or a formula, with its unit. */
export interface ValueAnswer extends Spelled {
  readonly kind: "value";
  readonly tree: Tree;
  /** `cm`, `%`, `dollar`, `degree` …; null if there is none. */
  readonly unit: string | null;
}

/** Plain words: a name, a choice, a date. */
export interface WordsAnswer extends Spelled {
  readonly kind: "words";
}

/** A numeral with its base: `1011_2`. */
export interface NumeralAnswer extends Spelled {
  readonly kind: "numeral";
  readonly digits: string;
  readonly base: string;
}

/** A time of day. */
export interface ClockAnswer extends Spelled {
  readonly kind: "clock";
  readonly seconds: number;
}

/** `1, 2`, `1 and 2`, `\pm 1`. */
export interface ListAnswer extends Spelled {
  readonly kind: "list";
  readonly items: readonly Answer[];
}

/** `\{1, 2\}`. */
export interface SetAnswer extends Spelled {
  readonly kind: "set";
  readonly items: readonly Answer[];
}

/** `(1, 2)`, a point, a vector or an interval. */
export interface TupleAnswer extends Spelled {
  readonly kind: "tuple";
  readonly items: readonly Answer[];
  readonly open: string;
  readonly close: string;
}

/** `A \cup B`. */
export interface UnionAnswer extends Spelled {
  readonly kind: "union";
  readonly items: readonly Answer[];
}

/** A matrix by rows. */
export interface MatrixAnswer extends Spelled {
  readonly kind: "matrix";
  readonly rows: readonly (readonly Answer[])[];
}

/** `y = 2x`, `1 < x \le 2`, `x \in A`. */
export interface RelationAnswer extends Spelled {
  readonly kind: "relation";
  readonly sides: readonly Answer[];
  readonly operators: readonly Operator[];
}

/** What could not be read, and why. */
export interface UnparsedAnswer extends Spelled {
  readonly kind: "unparsed";
  readonly reason: string;
}

/** An answer. */
export type Answer =
  | ValueAnswer
  | WordsAnswer
  | NumeralAnswer
  | ClockAnswer
  | ListAnswer
  | SetAnswer
  | TupleAnswer
  | UnionAnswer
  | MatrixAnswer
  | RelationAnswer
  | UnparsedAnswer;
