/**
 * What a generated MATH problem is: a question, and a solution that is *calculated*, one step at a time. Because the
 * solution asks for each result instead of knowing it, a demonstration with a slip in one step carries the slip through
 * to its answer, whatever the problem (`fixtures/math/demonstrations.ts`).
 *
 *     Solve $3x+4=19$ for $x$.
 *     First $3x=19-4=15$.
 *     Then $x=15/3=5$.
 *     The answer is $\boxed{5}$.
 *
 * @module
 */

import { integer, type Key } from "../../policy/random.ts";
import type { Subject } from "./subjects.ts";

/** The four operations. */
export type Operator = "+" | "-" | "*" | "/";

/** One worked step, `name=left operator right=result`. */
export interface Step {
  /** What the result is: `3x`, or nothing. */
  readonly name: string;
  readonly left: number;
  readonly operator: Operator;
  readonly right: number;
  readonly result: number;
}

/** Calculates one step of a solution. */
export type Calculate = (name: string, left: number, operator: Operator, right: number) => number;

/** A generated problem. */
export interface Exercise {
  /** The problem, in LaTeX between dollar signs as the data set has it. */
  readonly question: string;
  /** Works the problem out step by step; returns the answer, in LaTeX. */
  solve(calculate: Calculate): string;
}

/** Draws from one key, each draw with a number of its own. */
export interface Draw {
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number;
  /** One of a list. */
  pick<T>(from: readonly T[]): T;
}

/** Problems of one kind. */
export interface Family {
  readonly subject: Subject;
  /** 1 (easiest) to 5, as the data set has it. */
  readonly level: number;
  /** A problem, or null if what was drawn makes none. */
  draw(draw: Draw): Exercise | null;
}

/** The largest number anywhere in a problem or its solution: two digits keep the arithmetic learnable. */
export const LARGEST = 99;

/** Draws with a key. */
export function drawWith(key: Key): Draw {
  let slot = 0;
  const whole = (least: number, most: number) => least + integer(key, slot++, most - least + 1);
  return { whole, pick: (from) => from[whole(0, from.length - 1)] };
}

const isSmall = (value: number) => Number.isInteger(value) && value >= 1 && value <= LARGEST;

/** `left operator right`, or NaN if that is no whole number from 1 to 99 or an operand is none. */
export function apply(left: number, operator: Operator, right: number): number {
  const result = operator === "+"
    ? left + right
    : operator === "-"
    ? left - right
    : operator === "*"
    ? left * right
    : left / right;
  return isSmall(left) && isSmall(right) && isSmall(result) ? result : NaN;
}

/** The greatest common divisor of two positive whole numbers. */
export function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** `\frac{2}{3}`. */
export function fraction(numerator: number | string, denominator: number): string {
  return `\\frac{${numerator}}{${denominator}}`;
}

/** The steps of the right solution and its answer; null if a number leaves the range. */
export function worked({ solve }: Exercise): { steps: Step[]; answer: string } | null {
  const steps: Step[] = [];
  const answer = solve((name, left, operator, right) => {
    const result = apply(left, operator, right);
    steps.push({ name, left, operator, right, result });
    return result;
  });
  return steps.every(({ result }) => Number.isInteger(result)) ? { steps, answer } : null;
}

/** `19-4=15`. */
export function equation({ left, operator, right, result }: Step): string {
  return `${left}${operator === "*" ? "\\cdot " : operator}${right}=${result}`;
}

/** The worked solution in the form of the data set: steps in sentences, the answer in a box. */
export function stepByStep(steps: readonly Step[], answer: string): string {
  const lines = steps.map((step, i) =>
    `${i === 0 ? "First" : "Then"} $${step.name && `${step.name}=`}${equation(step)}$.`
  );
  return [...lines, `The answer is $\\boxed{${answer}}$.`].join("\n");
}
