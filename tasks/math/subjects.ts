/**
 * The seven subjects of MATH, as the data set spells them.
 *
 * @module
 */

/** Subjects in the data set's spelling. */
export const SUBJECTS = [
  "Algebra",
  "Counting & Probability",
  "Geometry",
  "Intermediate Algebra",
  "Number Theory",
  "Prealgebra",
  "Precalculus",
] as const;

/** A subject of MATH. */
export type Subject = typeof SUBJECTS[number];

/** The largest level; the smallest is 1. */
export const HARDEST = 5;
