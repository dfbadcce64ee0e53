/**
 * Precalculus: complex numbers, vectors, matrices, sines and cosines.
 *
 * @module
 */

import type { Family } from "../exercise.ts";

/** `Find $(2+3i)+(4+5i)$.` */
const complexSum: Family = {
  subject: "Precalculus",
  level: 1,
  draw({ whole }) {
    const [a, b, c, d] = [whole(1, 30), whole(2, 30), whole(1, 30), whole(2, 30)];
    return {
      question: `Find $(${a}+${b}i)+(${c}+${d}i)$.`,
      solve: (calculate) => `${calculate("", a, "+", c)}+${calculate("", b, "+", d)}i`,
    };
  },
};

/** A column vector. */
const column = (a: number, b: number) => `\\begin{pmatrix} ${a} \\\\ ${b} \\end{pmatrix}`;

/** `Find $\begin{pmatrix} 1 \\ 2 \end{pmatrix}\cdot \begin{pmatrix} 3 \\ 4 \end{pmatrix}$.` */
const dotProduct: Family = {
  subject: "Precalculus",
  level: 2,
  draw({ whole }) {
    const [a, b, c, d] = [whole(1, 9), whole(1, 9), whole(1, 9), whole(1, 9)];
    if (a * c + b * d > 99) return null;
    return {
      question: `Find $${column(a, b)}\\cdot ${column(c, d)}$.`,
      solve: (calculate) => `${calculate("", calculate("", a, "*", c), "+", calculate("", b, "*", d))}`,
    };
  },
};

/** Functions and angles whose value is half a square root. */
const HALF_ROOTS = [["\\sin 60", 3], ["\\sin 45", 2], ["\\cos 30", 3], ["\\cos 45", 2]] as const;

/** `Find $4\sin 60^\circ+6\sin 60^\circ$.` */
const halfRoots: Family = {
  subject: "Precalculus",
  level: 3,
  draw({ whole, pick }) {
    const a = whole(2, 40), b = whole(2, 40), [value, root] = pick(HALF_ROOTS);
    // A sum of 2 would leave a factor of 1, which nobody writes.
    if ((a + b) % 2 === 1 || a + b < 4) return null;
    return {
      question: `Find $${a}${value}^\\circ+${b}${value}^\\circ$.`,
      solve: (calculate) => `${calculate("", calculate("", a, "+", b), "/", 2)}\\sqrt{${root}}`,
    };
  },
};

/** `Find the determinant of $\begin{pmatrix} 3 & 1 \\ 2 & 5 \end{pmatrix}$.` */
const determinant: Family = {
  subject: "Precalculus",
  level: 4,
  draw({ whole }) {
    const [a, b, c, d] = [whole(2, 9), whole(1, 9), whole(1, 9), whole(2, 9)];
    if (a * d <= b * c) return null;
    return {
      question: `Find the determinant of $\\begin{pmatrix} ${a} & ${b} \\\\ ${c} & ${d} \\end{pmatrix}$.`,
      solve: (calculate) => `${calculate("", calculate("", a, "*", d), "-", calculate("", b, "*", c))}`,
    };
  },
};

/** All kinds, by level. */
export const precalculus: readonly Family[] = [complexSum, dotProduct, halfRoots, determinant];
