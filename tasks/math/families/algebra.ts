/**
 * Algebra: equations with one and two unknowns, and the value of a function.
 *
 * @module
 */

import type { Exercise, Family } from "../exercise.ts";

/** `If $x+7=12$, what is $x$?` */
const oneStep: Family = {
  subject: "Algebra",
  level: 1,
  draw({ whole, pick }) {
    const x = whole(2, 60), a = whole(2, 30), plus = pick([true, false]);
    const b = plus ? x + a : x - a;
    return {
      question: `If $x${plus ? "+" : "-"}${a}=${b}$, what is $x$?`,
      solve: (calculate) => `${calculate("x", b, plus ? "-" : "+", a)}`,
    };
  },
};

/** `Solve $3x+4=19$ for $x$.` */
const twoSteps: Family = {
  subject: "Algebra",
  level: 2,
  draw({ whole }) {
    const a = whole(2, 9), b = whole(1, 30), c = a * whole(2, 9) + b;
    return {
      question: `Solve $${a}x+${b}=${c}$ for $x$.`,
      solve: (calculate) => `${calculate("x", calculate(`${a}x`, c, "-", b), "/", a)}`,
    };
  },
};

/** Names of two unknowns. */
const UNKNOWNS = [["x", "y"], ["a", "b"], ["m", "n"], ["p", "q"]] as const;

/** Sum and difference of two numbers are given. */
function system([x, y]: readonly [string, string], first: number, second: number, wanted: "one" | "product"): Exercise {
  const sum = first + second, difference = first - second, product = `${x}${y}`;
  return {
    question: `If $${x}+${y}=${sum}$ and $${x}-${y}=${difference}$, what is $${wanted === "one" ? x : product}$?`,
    solve(calculate) {
      const one = calculate(x, calculate(`2${x}`, sum, "+", difference), "/", 2);
      return wanted === "one" ? `${one}` : `${calculate(product, one, "*", calculate(y, sum, "-", one))}`;
    },
  };
}

/** `If $x+y=10$ and $x-y=4$, what is $x$?` */
const systemForOne: Family = {
  subject: "Algebra",
  level: 3,
  draw({ whole, pick }) {
    const second = whole(1, 20);
    return system(pick(UNKNOWNS), second + whole(1, 20), second, "one");
  },
};

/** `If $f(x)=x^2+3x+5$, what is $f(4)$?` */
const valueOfFunction: Family = {
  subject: "Algebra",
  level: 4,
  draw({ whole }) {
    const b = whole(2, 9), c = whole(1, 20), x = whole(2, 8);
    return {
      question: `If $f(x)=x^2+${b}x+${c}$, what is $f(${x})$?`,
      solve(calculate) {
        const square = calculate("x^2", x, "*", x), linear = calculate(`${b}x`, b, "*", x);
        return `${calculate(`f(${x})`, calculate("", square, "+", linear), "+", c)}`;
      },
    };
  },
};

/** `If $x+y=10$ and $x-y=4$, what is $xy$?` */
const systemForProduct: Family = {
  subject: "Algebra",
  level: 5,
  draw({ whole, pick }) {
    const second = whole(1, 9);
    return system(pick(UNKNOWNS), second + whole(1, 12), second, "product");
  },
};

/** All kinds, by level. */
export const algebra: readonly Family[] = [oneStep, twoSteps, systemForOne, valueOfFunction, systemForProduct];
