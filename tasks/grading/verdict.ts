/**
 * What a comparison of two answers says, and the conventions it follows where graders disagree.
 *
 * @module
 */

/** Outcome of a comparison. What can't be read is not wrong: it has a verdict of its own. */
export interface Verdict {
  /** Whether the prediction means the same as the gold answer, or could not be read. */
  readonly verdict: "equal" | "different" | "unparsed";
  /** Why: `equal: value`, `different: interval end`, `unparsed: unknown command \foo` … */
  readonly reason: string;
}

/** Conventions. The defaults are what most graders of MATH do. */
export interface EquivalenceOptions {
  /**
   * What a percent sign means. `unit` (default): 50 % is 50, as a question that asks for percent expects. `hundredth`:
   * 50 % is 0.5. `either`: both count, if just one of the answers has the sign.
   */
  readonly percent?: "unit" | "hundredth" | "either";
  /**
   * Units. `optional` (default): an answer without a unit equals one with, but 12 cm is not 12 m. `ignored`: units are
   * left out. `required`: both answers need the same unit, or none.
   */
  readonly units?: "optional" | "ignored" | "required";
  /** Whether a bare list (`1, 2`, `1 and 2`, `\pm 1`) means its values in any order (default), or in this order. */
  readonly lists?: "unordered" | "ordered";
  /**
   * Digits from which a decimal stands for every value that rounds to it: 0.333333 is 1/3, 0.33 is not. Default 6;
   * `Infinity` compares decimals exactly.
   */
  readonly roundedFrom?: number;
}

/** All conventions, filled in. */
export type Conventions = Required<EquivalenceOptions>;

/** The defaults of {@linkcode EquivalenceOptions}. */
export const conventions: Conventions = { percent: "unit", units: "optional", lists: "unordered", roundedFrom: 6 };
