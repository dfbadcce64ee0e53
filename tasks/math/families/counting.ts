/**
 * Counting and probability: choices and draws.
 *
 * @module
 */

import { type Calculate, commonDivisor, type Family, fraction } from "../exercise.ts";

/** What is chosen. */
// deno-fmt-ignore
export const ITEMS = ["hats", "pens", "books", "coins", "cards", "cups", "keys", "caps", "maps", "bells"] as const;
/** Colours of what is drawn. */
export const COLOURS = ["red", "blue", "green", "white"] as const;

/** Ways to choose 2 of n. */
const pairs = (calculate: Calculate, n: number) =>
  calculate("", calculate("", n, "*", calculate("", n, "-", 1)), "/", 2);

/** `How many ways are there to choose one of 3 hats and one of 4 pens?` */
const oneOfEach: Family = {
  subject: "Counting & Probability",
  level: 1,
  draw({ whole, pick }) {
    const a = whole(2, 12), b = whole(2, 9), first = pick(ITEMS), second = pick(ITEMS);
    if (first === second || a * b > 99) return null;
    return {
      question: `How many ways are there to choose one of $${a}$ ${first} and one of $${b}$ ${second}?`,
      solve: (calculate) => `${calculate("", a, "*", b)}`,
    };
  },
};

/** `A bag holds 3 red and 5 blue hats. One is drawn. What is the probability that it is red?` */
const probability: Family = {
  subject: "Counting & Probability",
  level: 2,
  draw({ whole, pick }) {
    const a = whole(1, 30), b = whole(1, 30), first = pick(COLOURS), second = pick(COLOURS), item = pick(ITEMS);
    if (first === second || commonDivisor(a, b) !== 1) return null;
    return {
      question: `A bag holds $${a}$ ${first} and $${b}$ ${second} ${item}. ` +
        `One is drawn. What is the probability that it is ${first}?`,
      solve: (calculate) => fraction(a, calculate("", a, "+", b)),
    };
  },
};

/** `A bag holds 3 red and 5 blue hats. How many ways are there to choose two?` */
const twoOfSome: Family = {
  subject: "Counting & Probability",
  level: 3,
  draw({ whole, pick }) {
    const a = whole(1, 9), b = whole(1, 9), first = pick(COLOURS), second = pick(COLOURS), item = pick(ITEMS);
    // Ten times nine is the largest product with two digits.
    if (first === second || a + b < 3 || a + b > 10) return null;
    return {
      question: `A bag holds $${a}$ ${first} and $${b}$ ${second} ${item}. How many ways are there to choose two?`,
      solve: (calculate) => `${pairs(calculate, calculate("", a, "+", b))}`,
    };
  },
};

/** `How many ways are there to choose two of 5 hats and one of 3 pens?` */
const twoAndOne: Family = {
  subject: "Counting & Probability",
  level: 4,
  draw({ whole, pick }) {
    const n = whole(3, 9), m = whole(2, 9), first = pick(ITEMS), second = pick(ITEMS);
    if (first === second || n * (n - 1) / 2 * m > 99) return null;
    return {
      question: `How many ways are there to choose two of $${n}$ ${first} and one of $${m}$ ${second}?`,
      solve: (calculate) => `${calculate("", pairs(calculate, n), "*", m)}`,
    };
  },
};

/** All kinds, by level. */
export const counting: readonly Family[] = [oneOfEach, probability, twoOfSome, twoAndOne];
