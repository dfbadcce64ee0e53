/**
 * Functions of one number: trigonometric, hyperbolic, their inverses, and parts of complex numbers.
 *
 * @module
 */

import * as c from "./complex.ts";
import type { Complex } from "./complex.ts";

function ofReal(f: (x: number) => number): (x: Complex) => Complex {
  return (x) => {
    if (x.im !== 0) return c.complex(NaN);
    const value = f(x.re), slope = Math.abs(f(x.re + 1e-6) - value) / 1e-6;
    return c.complex(value, 0, x.error * (Number.isFinite(slope) ? slope : 1) + 1e-15 * Math.abs(value));
  };
}

const quotient = (a: Complex, b: Complex) => c.times(a, c.inverse(b));
const sin = (x: Complex) => c.sinCos(x)[0], cos = (x: Complex) => c.sinCos(x)[1];

/** Functions of one number, by the parser's names. */
export const FUNCTIONS: Readonly<Record<string, (x: Complex) => Complex>> = {
  Sin: sin,
  Cos: cos,
  Tan: (x) => quotient(sin(x), cos(x)),
  Cot: (x) => quotient(cos(x), sin(x)),
  Sec: (x) => c.inverse(cos(x)),
  Csc: (x) => c.inverse(sin(x)),
  Arcsin: ofReal(Math.asin),
  Arccos: ofReal(Math.acos),
  Arctan: ofReal(Math.atan),
  Arccot: ofReal((x) => Math.PI / 2 - Math.atan(x)),
  Arcsec: ofReal((x) => Math.acos(1 / x)),
  Arccsc: ofReal((x) => Math.asin(1 / x)),
  Sinh: ofReal(Math.sinh),
  Cosh: ofReal(Math.cosh),
  Tanh: ofReal(Math.tanh),
  Coth: ofReal((x) => 1 / Math.tanh(x)),
  Sech: ofReal((x) => 1 / Math.cosh(x)),
  Csch: ofReal((x) => 1 / Math.sinh(x)),
  Arsinh: ofReal(Math.asinh),
  Arcosh: ofReal(Math.acosh),
  Artanh: ofReal(Math.atanh),
  Real: (x) => c.complex(x.re, 0, x.error),
  Imaginary: (x) => c.complex(x.im, 0, x.error),
  Argument: (x) => c.complex(Math.atan2(x.im, x.re), 0, x.error / c.size(x)),
  Norm: (x) => c.complex(c.size(x), 0, x.error),
};

/** Names of inverse functions: \sin^{-1} x is the arcsine. */
export const INVERSES: Readonly<Record<string, string>> = {
  Sin: "Arcsin",
  Cos: "Arccos",
  Tan: "Arctan",
  Cot: "Arccot",
  Sec: "Arcsec",
  Csc: "Arccsc",
  Sinh: "Arsinh",
  Cosh: "Arcosh",
  Tanh: "Artanh",
};
