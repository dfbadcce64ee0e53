/**
 * Number theory: remainders, divisors and multiples.
 *
 * @module
 */

import { type Calculate, commonDivisor, type Family } from "../exercise.ts";

/** The remainder, by the multiple below; a division that leaves none is not asked for. */
function remainder(calculate: Calculate, value: number, by: number): number {
  return calculate("", value, "-", calculate("", Math.floor(value / by), "*", by));
}

/** `What is the remainder when $47$ is divided by $5$?` */
const remainderOfNumber: Family = {
  subject: "Number Theory",
  level: 1,
  draw({ whole }) {
    const value = whole(10, 99), by = whole(3, 12);
    if (value < by || value % by === 0) return null;
    return {
      question: `What is the remainder when $${value}$ is divided by $${by}$?`,
      solve: (calculate) => `${remainder(calculate, value, by)}`,
    };
  },
};

/** The most subtractions that Euclid's algorithm may take. */
const LONGEST = 4;

/** How many times the smaller of two numbers is taken from the larger until both are the same, at most 99. */
function subtractions(a: number, b: number): number {
  let count = 0;
  for (; a !== b && count < 99; count++) [a, b] = [Math.abs(a - b), Math.min(a, b)];
  return count;
}

/** `What is the greatest common divisor of $12$ and $18$?` */
const greatestCommonDivisor: Family = {
  subject: "Number Theory",
  level: 2,
  draw({ whole }) {
    const by = whole(2, 20), a = by * whole(1, 7), b = by * whole(1, 7);
    if (a === b || Math.max(a, b) > 99 || subtractions(a / by, b / by) > LONGEST) return null;
    return {
      question: `What is the greatest common divisor of $${a}$ and $${b}$?`,
      // Euclid: the smaller is taken from the larger until both are the same. Which one that is the numbers of the
      // question say, so that a solution with a slip takes as many steps.
      solve(calculate) {
        const exact = [a, b], written = [a, b];
        let last = NaN;
        while (exact[0] !== exact[1]) {
          const [large, small] = exact[0] > exact[1] ? [0, 1] : [1, 0];
          exact[large] -= exact[small];
          last = written[large] = calculate("", written[large], "-", written[small]);
        }
        return `${last}`;
      },
    };
  },
};

/** `What is the least common multiple of $4$ and $6$?` */
const leastCommonMultiple: Family = {
  subject: "Number Theory",
  level: 3,
  draw({ whole }) {
    const a = whole(4, 30), b = whole(4, 30), by = commonDivisor(a, b);
    if (a === b || by === 1 || a / by * b > 99) return null;
    return {
      question: `What is the least common multiple of $${a}$ and $${b}$?`,
      solve: (calculate) => `${calculate("", calculate("", a, "/", by), "*", b)}`,
    };
  },
};

/** `What is the remainder when $7\cdot 8+5$ is divided by $9$?` */
const remainderOfExpression: Family = {
  subject: "Number Theory",
  level: 4,
  draw({ whole }) {
    const a = whole(2, 9), b = whole(2, 9), c = whole(1, 18), by = whole(3, 9), value = a * b + c;
    if (value > 99 || value < by || value % by === 0) return null;
    return {
      question: `What is the remainder when $${a}\\cdot ${b}+${c}$ is divided by $${by}$?`,
      solve: (calculate) => `${remainder(calculate, calculate("", calculate("", a, "*", b), "+", c), by)}`,
    };
  },
};

/** `How many positive divisors does $2^3\cdot 5^2$ have?` */
const numberOfDivisors: Family = {
  subject: "Number Theory",
  level: 5,
  draw({ whole, pick }) {
    const primes = [2, 3, 5, 7, 11, 13], p = pick(primes), q = pick(primes), a = whole(2, 9), b = whole(2, 9);
    if (p >= q || (a + 1) * (b + 1) > 99) return null;
    return {
      question: `How many positive divisors does $${p}^${a}\\cdot ${q}^${b}$ have?`,
      solve: (calculate) => `${calculate("", calculate("", a, "+", 1), "*", calculate("", b, "+", 1))}`,
    };
  },
};

/** All kinds, by level. */
export const numberTheory: readonly Family[] = [
  remainderOfNumber,
  greatestCommonDivisor,
  leastCommonMultiple,
  remainderOfExpression,
  numberOfDivisors,
];
