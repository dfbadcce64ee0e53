/**
 * Arithmetic of values that are exact where they are rational, else complex doubles with an error bound.
 *
 * @module
 */

import * as c from "./complex.ts";
import type { Complex } from "./complex.ts";
import * as q from "./rational.ts";
import type { Rational } from "./rational.ts";

/** A value; `exact` where it is known exactly. */
export interface Value {
  readonly exact: Rational | null;
  readonly approximate: Complex;
}

/** An expression that has no value for this grader: a sum with symbols as bounds, an unknown function … */
export class NoValue extends Error {}

/** An exact number; its double is computed when it is asked for. */
export function exact(value: Rational): Value {
  let cached: Complex | undefined;
  return {
    exact: value,
    get approximate() {
      if (cached) return cached;
      const number = q.toNumber(value);
      // Too small for a double, but not 0.
      return cached = c.complex(number === 0 && value.numerator !== 0n ? NaN : number);
    },
  };
}

/** Whether a value is real. */
export function isReal({ exact, approximate }: Value): boolean {
  return exact !== null || approximate.im === 0;
}

/** A number known to an error. */
export function approximate(value: Complex): Value {
  return { exact: null, approximate: value };
}

/** A whole number. */
export function integer(value: bigint): Value {
  return exact({ numerator: value, denominator: 1n });
}

/** The exact result if there is one, else the approximate one. */
function either(value: Rational | null, otherwise: () => Complex): Value {
  return value ? exact(value) : approximate(otherwise());
}

/** a + b. */
export function sum(a: Value, b: Value): Value {
  return either(a.exact && b.exact && q.add(a.exact, b.exact), () => c.plus(a.approximate, b.approximate));
}

/** a · b. */
export function product(a: Value, b: Value): Value {
  return either(a.exact && b.exact && q.multiply(a.exact, b.exact), () => c.times(a.approximate, b.approximate));
}

/** -a. */
export function negated(value: Value): Value {
  return product(integer(-1n), value);
}

/** 1 / a. */
export function inverted(value: Value): Value {
  const one = { numerator: 1n, denominator: 1n };
  return either(value.exact && q.divide(one, value.exact), () => c.inverse(value.approximate));
}

/** a to the power of b. */
export function power(base: Value, exponent: Value): Value {
  const { exact: b } = base, { exact: x } = exponent;
  let result: Rational | null = null;
  if (b && x) {
    const under = q.root(b, x.denominator);
    // Only real roots of what is not negative: others are complex by convention, see rooted().
    if (under && (x.denominator === 1n || b.numerator >= 0n)) result = q.power(under, x.numerator);
  }
  return either(result, () => c.pow(base.approximate, exponent.approximate));
}

/** Roots as their sign says: odd ones of negative numbers are real, √ of a negative number is imaginary. */
export function rooted(value: Value, degree: bigint): Value {
  const result = value.exact && q.root(value.exact, degree);
  return either(result, () => {
    const number = value.approximate;
    if (degree === 2n) return c.sqrt(number);
    const inverse = c.complex(1 / Number(degree));
    if (number.im === 0 && number.re < 0 && degree % 2n === 1n) {
      return c.times(c.complex(-1), c.pow({ ...number, re: -number.re }, inverse));
    }
    return c.pow(number, inverse);
  });
}

/** a!, by the gamma function between the whole numbers. */
export function factorial(value: Value): Value {
  const { exact: n } = value;
  if (!n) throw new NoValue("the factorial of what is no number");
  if (n.denominator !== 1n || n.numerator < 0n) {
    const x = q.toNumber(n);
    return approximate(x > 0 && x < 150 ? c.complex(gamma(x + 1), 0, 1e-12 * gamma(x + 1)) : c.complex(NaN));
  }
  if (n.numerator > 500n) return approximate(c.complex(Infinity));
  let result = 1n;
  for (let k = 2n; k <= n.numerator; k++) result *= k;
  return either(q.rational(result), () => c.complex(Infinity));
}

/** The gamma function (Lanczos, g = 7, n = 9), so that identities with n! hold between the integers too. */
function gamma(x: number): number {
  const coefficients = [
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  const sum = coefficients.reduce((total, value, index) => total + (index === 0 ? value : value / (x - 1 + index)), 0);
  const t = x + 6.5;
  return Math.sqrt(2 * Math.PI) * Math.pow(t, x - 0.5) * Math.exp(-t) * sum;
}

/** a over b, for whole b. */
export function binomial(top: Value, bottom: Value): Value {
  const n = top.exact, k = bottom.exact;
  if (!n || !k || k.denominator !== 1n || k.numerator < 0n || k.numerator > 500n) {
    throw new NoValue("a binomial coefficient of other than numbers");
  }
  let result: Value = integer(1n);
  for (let index = 0n; index < k.numerator; index++) {
    result = product(result, product(sum(top, integer(-index)), inverted(integer(index + 1n))));
  }
  return result;
}

/** The next whole number below, or above. */
export function floored(value: Value, up: boolean): Value {
  if (!value.exact) {
    const { re } = value.approximate;
    return approximate(c.complex(up ? Math.ceil(re) : Math.floor(re)));
  }
  const { numerator, denominator } = value.exact;
  const remainder = ((numerator % denominator) + denominator) % denominator;
  const floor = (numerator - remainder) / denominator;
  return integer(up && remainder !== 0n ? floor + 1n : floor);
}

/** The greatest common divisor, or the least common multiple. */
export function divisor(a: Value, b: Value, multiple: boolean): Value {
  if (a.exact?.denominator !== 1n || b.exact?.denominator !== 1n) throw new NoValue("a divisor of other than integers");
  const [x, y] = [a.exact.numerator, b.exact.numerator].map((value) => value < 0n ? -value : value);
  const common = q.gcd(x, y);
  return integer(multiple ? x * y / common : common);
}
