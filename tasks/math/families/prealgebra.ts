/**
 * Prealgebra: fractions, always in lowest terms.
 *
 * @module
 */

import { commonDivisor, type Draw, type Family, fraction } from "../exercise.ts";

/** A fraction below 1 in lowest terms, or null if what was drawn is none. */
function proper({ whole }: Draw): [number, number] | null {
  const denominator = whole(2, 9), numerator = whole(1, 8);
  return numerator < denominator && commonDivisor(numerator, denominator) === 1 ? [numerator, denominator] : null;
}

/** `Find $\frac{2}{7}+\frac{3}{7}$.` */
const sameDenominator: Family = {
  subject: "Prealgebra",
  level: 1,
  draw({ whole }) {
    const a = whole(1, 20), b = whole(1, 20), n = whole(3, 30);
    if (commonDivisor(a + b, n) !== 1) return null;
    return {
      question: `Find $${fraction(a, n)}+${fraction(b, n)}$.`,
      solve: (calculate) => fraction(calculate("", a, "+", b), n),
    };
  },
};

/** `Simplify $\frac{12}{18}$.` */
const simplify: Family = {
  subject: "Prealgebra",
  level: 2,
  draw({ whole }) {
    const a = whole(1, 12), b = whole(2, 12), by = whole(2, 9);
    if (a >= b || b * by > 99 || commonDivisor(a, b) !== 1) return null;
    return {
      question: `Simplify $${fraction(a * by, b * by)}$.`,
      solve: (calculate) => fraction(calculate("", a * by, "/", by), calculate("", b * by, "/", by)),
    };
  },
};

/** `Find $\frac{2}{3}\cdot\frac{4}{5}$.` */
const product: Family = {
  subject: "Prealgebra",
  level: 3,
  draw(draw) {
    const first = proper(draw), second = proper(draw);
    if (!first || !second) return null;
    const [a, b] = first, [c, d] = second;
    if (commonDivisor(a * c, b * d) !== 1) return null;
    return {
      question: `Find $${fraction(a, b)}\\cdot ${fraction(c, d)}$.`,
      solve: (calculate) => fraction(calculate("", a, "*", c), calculate("", b, "*", d)),
    };
  },
};

/** `Find $\frac{1}{2}+\frac{1}{3}$.`, or the difference. */
function otherDenominator(level: number, sign: "+" | "-"): Family {
  return {
    subject: "Prealgebra",
    level,
    draw(draw) {
      const first = proper(draw), second = proper(draw);
      if (!first || !second) return null;
      const [a, b] = first, [c, d] = second;
      // With denominators that share no factor the sum is in lowest terms as it comes out.
      if (commonDivisor(b, d) !== 1 || sign === "-" && a * d <= c * b) return null;
      return {
        question: `Find $${fraction(a, b)}${sign}${fraction(c, d)}$.`,
        solve(calculate) {
          const left = calculate("", a, "*", d), right = calculate("", c, "*", b);
          return fraction(calculate("", left, sign, right), calculate("", b, "*", d));
        },
      };
    },
  };
}

/** All kinds, by level. */
export const prealgebra: readonly Family[] = [
  sameDenominator,
  simplify,
  product,
  otherDenominator(4, "+"),
  otherDenominator(5, "-"),
];
