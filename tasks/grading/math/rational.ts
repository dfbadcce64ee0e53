/**
 * Exact rational numbers of any size, up to a limit.
 *
 * @module
 */

import type { Rational } from "../number.ts";
import { LARGEST_BITS } from "./limits.ts";

export type { Rational } from "../number.ts";

/** A rational in lowest terms, or null if the denominator is 0 or it is too large. */
export function rational(numerator: bigint, denominator: bigint = 1n): Rational | null {
  if (denominator === 0n) return null;
  const divisor = gcd(numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator);
  const sign = denominator < 0n ? -1n : 1n;
  const value = { numerator: sign * numerator / divisor, denominator: sign * denominator / divisor };
  return bits(value.numerator) + bits(value.denominator) > LARGEST_BITS ? null : value;
}

/** The greatest common divisor of two non-negative numbers. */
export function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

function bits(value: bigint): number {
  return value.toString(16).length * 4;
}

/** The sum of two rationals. */
export function add(a: Rational, b: Rational): Rational | null {
  return rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

/** The product of two rationals. */
export function multiply(a: Rational, b: Rational): Rational | null {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** The quotient of two rationals. */
export function divide(a: Rational, b: Rational): Rational | null {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** A power with an integer exponent, or null if it is undefined or too large. */
export function power(base: Rational, exponent: bigint): Rational | null {
  const size = exponent < 0n ? -exponent : exponent;
  if (exponent < 0n && base.numerator === 0n) return null;
  if (base.numerator === 0n && exponent === 0n) return null;
  const one = (value: bigint) => value === 1n || value === -1n || value === 0n;
  if (one(base.numerator) && one(base.denominator)) {
    return rational(size % 2n === 0n ? base.numerator ** 2n : base.numerator);
  }
  if (size > BigInt(LARGEST_BITS)) return null;
  if (Number(size) * (bits(base.numerator) + bits(base.denominator) - 8) > LARGEST_BITS) return null;
  const [over, under] = exponent < 0n ? [base.denominator, base.numerator] : [base.numerator, base.denominator];
  return rational(over ** size, under ** size);
}

/** The exact root of a rational, or null if it is not one. */
export function root(value: Rational, degree: bigint): Rational | null {
  if (degree < 1n || degree > 64n || (value.numerator < 0n && degree % 2n === 0n)) return null;
  const over = integerRoot(value.numerator < 0n ? -value.numerator : value.numerator, degree);
  const under = integerRoot(value.denominator, degree);
  if (over === null || under === null) return null;
  return rational(value.numerator < 0n ? -over : over, under);
}

function integerRoot(value: bigint, degree: bigint): bigint | null {
  if (value < 2n) return value;
  let low = 1n, high = 1n << (BigInt(value.toString(2).length) / degree + 1n);
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** degree <= value) low = middle;
    else high = middle - 1n;
  }
  return low ** degree === value ? low : null;
}

/** A decimal (`1.25`, `.5`, `1e-3`, `0.(3)` with its period) exactly, or null. */
export function parseDecimal(text: string): Rational | null {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:\((\d+)\))?(?:e([+-]?\d{1,4}))?$/i.exec(text);
  if (!match || text.length > LARGEST_BITS / 8) return null;
  const [, sign, whole, decimals, period = "", exponent = "0"] = match;
  if (whole + decimals + period === "") return null;
  let value = rational(BigInt(`${whole}${decimals}` || "0"), 10n ** BigInt(decimals.length));
  if (value && period) {
    const tail = rational(BigInt(period), (10n ** BigInt(period.length) - 1n) * 10n ** BigInt(decimals.length));
    value = tail && add(value, tail);
  }
  const scale = power({ numerator: 10n, denominator: 1n }, BigInt(exponent));
  value = value && scale && multiply(value, scale);
  return value && sign === "-" ? { ...value, numerator: -value.numerator } : value;
}

/** The nearest double. */
export function toNumber({ numerator, denominator }: Rational): number {
  const direct = Number(numerator) / Number(denominator);
  if (Number.isFinite(direct) && (direct !== 0 || numerator === 0n)) return direct;
  const shift = BigInt(Math.max(0, Math.max(bits(numerator), bits(denominator)) - 1000));
  return Number(numerator >> shift) / Number(denominator >> shift);
}
