/**
 * Grade-school word problems, written by a generator: a count that changes two or three times, with integers from 0 to
 * 99 throughout. Small enough for a policy of eighty thousand weights to learn, and of the form of GSM8K: a question in
 * words, worked steps, a last line `#### 42`.
 *
 * @example
 * ```ts
 * import { keyOf } from "../../policy/random.ts";
 * wordProblem(keyOf(7, "example", 0)).question;
 * // "Tom has 34 apples. He buys 36 more. He keeps one of 5 equal parts. How many apples does he have?"
 * ```
 *
 * @module
 */

import { integer, type Key, uniform } from "../../policy/random.ts";

/** Part of the digest of the embedded source: raise it with any change that changes a text. */
export const GENERATOR_VERSION = 1;

/** The four operations of grade school, as they are written in the worked steps. */
export type Operator = "+" | "-" | "*" | "/";

/** One worked step, `left operator right = result`, and what is counted. */
export interface Step {
  readonly left: number;
  readonly operator: Operator;
  readonly right: number;
  readonly result: number;
  /** What the result counts: `apples`, `dollars`. */
  readonly unit: string;
}

/** A generated problem with the steps that solve it. */
export interface WordProblem {
  readonly question: string;
  /** Worked steps, one a line, and a last line `#### 42`: the form of the data set. */
  readonly answer: string;
  readonly steps: readonly Step[];
}

/** Names at the beginning of a question, with the pronoun that stands for them afterwards. */
// deno-fmt-ignore
export const NAMES: Readonly<Record<string, "he" | "she">> = {
  Tom: "he", Ann: "she", Sam: "he", Eva: "she", Ben: "he", Mia: "she",
  Max: "he", Zoe: "she", Leo: "he", Amy: "she", Dan: "he", Ivy: "she",
};

/** What is counted. */
// deno-fmt-ignore
export const ITEMS = [
  "apples", "pens", "books", "coins", "cards", "stamps", "shells", "balls", "eggs", "nuts", "keys", "cups",
] as const;
/** What items come in: `6 bags of 8 apples`. */
export const CONTAINERS = ["bags", "boxes", "packs", "jars"] as const;
/** Verbs that add. */
export const GAINS = ["buys", "finds", "gets", "picks"] as const;
/** Verbs that take away. */
export const LOSSES = ["loses", "sells", "uses", "drops"] as const;

/** The largest value anywhere in a problem; two digits keep the arithmetic learnable. */
export const LARGEST = 99;
const THREE_STEPS = 0.25;
const STARTS_IN_CONTAINERS = 0.2;
/** Division is possible for few values, so its weight is higher than the share it gets. */
const WEIGHTS: Readonly<Record<Operator, number>> = { "+": 3, "-": 3, "*": 2, "/": 4 };

/** `left operator right`, or null if that is no integer from 0 to 99. */
export function apply(left: number, operator: Operator, right: number): number | null {
  const result = operator === "+"
    ? left + right
    : operator === "-"
    ? left - right
    : operator === "*"
    ? left * right
    : left / right;
  return Number.isInteger(result) && result >= 0 && result <= LARGEST ? result : null;
}

/** Right operands that make a sensible step from `left`; empty if the operation makes none. */
function operands(left: number, operator: Operator): number[] {
  const largest = operator === "+" || operator === "-" ? 49 : 9;
  const smallestResult = operator === "-" ? 1 : 2;
  const found = [];
  for (let right = 2; right <= largest; right++) {
    const result = apply(left, operator, right);
    if (result !== null && result >= smallestResult) found.push(right);
  }
  return found;
}

/** A problem, a pure function of its key. */
export function wordProblem(key: Key): WordProblem {
  let slot = 0;
  const chance = () => uniform(key, slot++);
  const pick = <T>(from: readonly T[]): T => from[integer(key, slot++, from.length)];

  const name = pick(Object.keys(NAMES));
  const he = NAMES[name], He = he === "he" ? "He" : "She";
  const item = pick(ITEMS);
  const count = chance() < THREE_STEPS ? 3 : 2;
  const steps: Step[] = [];
  const sentences: string[] = [];
  let ending = `How many ${item} does ${he} have?`;

  let value: number;
  if (chance() < STARTS_IN_CONTAINERS) {
    const left = 2 + integer(key, slot++, 8), right = 2 + integer(key, slot++, 8);
    value = left * right;
    steps.push({ left, operator: "*", right, result: value, unit: item });
    sentences.push(`${name} has ${left} ${pick(CONTAINERS)} of ${right} ${item}.`);
  } else {
    value = 2 + integer(key, slot++, 59);
    sentences.push(`${name} has ${value} ${item}.`);
  }

  while (steps.length < count) {
    const last = steps.length === count - 1;
    const possible = (Object.keys(WEIGHTS) as Operator[]).map((operator) => ({
      operator,
      rights: operands(value, operator),
    })).filter(({ rights }) => rights.length > 0);
    let ticket = chance() * possible.reduce((sum, { operator }) => sum + WEIGHTS[operator], 0);
    const { operator, rights } = possible.find(({ operator }) => (ticket -= WEIGHTS[operator]) < 0) ?? possible[0];
    const right = pick(rights);
    const result = apply(value, operator, right)!;
    let unit: string = item;
    if (operator === "+") sentences.push(`${He} ${pick(GAINS)} ${right} more.`);
    else if (operator === "-") sentences.push(`${He} ${pick(LOSSES)} ${right}.`);
    else if (operator === "*") {
      if (last && chance() < 0.5) {
        // Money can only come last: the steps after it would have to say what they count.
        unit = "dollars";
        sentences.push(`Each costs ${right} dollars.`);
        ending = `How many dollars in all?`;
      } else sentences.push(`Then ${he} has ${right} times as many.`);
    } else if (last && chance() < 0.5) {
      sentences.push(`${He} puts them in ${right} equal ${pick(CONTAINERS)}.`);
      ending = `How many ${item} in each?`;
    } else sentences.push(`${He} keeps one of ${right} equal parts.`);
    steps.push({ left: value, operator, right, result, unit });
    value = result;
  }

  const question = [...sentences, ending].join(" ");
  return { question, answer: stepByStep(steps), steps };
}

/** `34+36=70`. */
export function equation({ left, operator, right, result }: Step): string {
  return `${left}${operator}${right}=${result}`;
}

/** The steps in words, one a line, with the final line `#### 42`. */
export function stepByStep(steps: readonly Step[]): string {
  const lines = steps.map((step, i) => `${i === 0 ? "first" : "then"} ${equation(step)} ${step.unit}.`);
  return [...lines, `#### ${steps[steps.length - 1].result}`].join("\n");
}
