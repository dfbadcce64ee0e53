/**
 * The value of an expression at a point: exact where it is rational, else a complex double with an error bound. Every
 * operation is bounded in time, nothing is simplified, and nothing of the text is ever run as code.
 *
 * @module
 */

import * as c from "./complex.ts";
import type { Complex } from "./complex.ts";
import type { Tree } from "./expression.ts";
import { FUNCTIONS, INVERSES } from "./functions.ts";
import { MOST_STEPS } from "./limits.ts";
import { parseDecimal, type Rational } from "./rational.ts";
import {
  approximate,
  binomial,
  divisor,
  exact,
  factorial,
  floored,
  integer,
  inverted,
  isReal,
  negated,
  NoValue,
  power,
  product,
  rooted,
  sum,
  type Value,
} from "./value.ts";

/** Values of the symbols. */
export type Point = (symbol: string) => Rational;

/** Names of constants; the rest are variables. */
const CONSTANTS: Readonly<Record<string, Complex>> = {
  Pi: c.complex(Math.PI),
  e: c.complex(Math.E),
  ExponentialE: c.complex(Math.E),
  i: { re: 0, im: 1, error: 0 },
  I: { re: 0, im: 1, error: 0 },
  ImaginaryUnit: { re: 0, im: 1, error: 0 },
};

/** Letters that are functions when brackets follow: f(4 - x) is no product. */
const FUNCTION_LETTERS = new Set(["f", "g", "h", "F", "G", "H", "W", "phi", "GoldenRatio"]);

/** Whether a symbol is a constant. */
export function isConstant(symbol: string): boolean {
  return Object.hasOwn(CONSTANTS, symbol);
}

/**
 * Numbers that roots, powers and logarithms of variables may be: `real` ones alone, so that √x has no value at -1, or
 * `complex` ones. √(-3) and i have their values in both.
 */
export type Domain = "real" | "complex";

/**
 * Evaluates an expression.
 *
 * @throws {NoValue} if something in it can't be evaluated at any point. Undefined values are not finite.
 */
export function evaluate(tree: Tree, point: Point, domain: Domain = "complex"): Value {
  let steps = 0;
  return visit(tree);

  function visit(node: Tree | undefined): Value {
    if (node === undefined) throw new NoValue("a function without its argument");
    if (++steps > MOST_STEPS) throw new NoValue("too many operations");
    if (typeof node === "number") return exact(parseDecimal(String(node)) ?? undefinedValue());
    if (typeof node === "string") return symbol(node);
    if ("num" in node) return exact(parseDecimal(node.num) ?? noValue(`the number ${node.num.slice(0, 30)}`));
    const [head, ...args] = node;
    return apply(head, args);
  }

  function symbol(name: string): Value {
    if (Object.hasOwn(CONSTANTS, name)) return approximate(CONSTANTS[name]);
    if (/^[A-Z][a-z]+[A-Z]|^Nothing$|^ContinuationPlaceholder$|^True$|^False$/.test(name) && name !== "GoldenRatio") {
      throw new NoValue(name);
    }
    return exact(point(name));
  }

  function apply(head: string, args: readonly Tree[]): Value {
    switch (head) {
      case "Delimiter":
      case "Sequence":
      case "Hold":
        return args.length === 1 ? visit(args[0]) : noValue("a list");
      case "Add":
      case "Subtract":
        return args.map(visit).reduce((total, value) => sum(total, head === "Add" ? value : negated(value)));
      case "Multiply":
        return args.map(visit).reduce(product);
      case "InvisibleOperator":
        return juxtaposed(args);
      case "Divide":
      case "Rational":
        return args.map(visit).reduce((over, under) => product(over, inverted(under)));
      case "Negate":
        return negated(visit(args[0]));
      case "PreIncrement":
      case "PreDecrement":
        return visit(args[0]);
      case "Power":
        return within(raised(args), args);
      case "Square":
        return power(visit(args[0]), integer(2n));
      case "Sqrt":
        return within(rooted(visit(args[0]), 2n), args);
      case "Root":
        return within(nthRoot(args), args);
      case "Factorial":
        return factorial(visit(args[0]));
      case "Binomial":
      case "Choose":
        return binomial(visit(args[0]), visit(args[1]));
      case "Degrees":
        return product(visit(args[0]), approximate(c.complex(Math.PI / 180)));
      case "Abs": {
        const value = visit(args[0]);
        if (!value.exact) return approximate(c.complex(c.size(value.approximate), 0, value.approximate.error));
        return value.exact.numerator < 0n ? negated(value) : value;
      }
      case "Floor":
      case "Ceil":
        return floored(visit(args[0]), head === "Ceil");
      case "Max":
      case "Min":
        return args.map(visit).reduce((a, b) => (a.approximate.re > b.approximate.re) === (head === "Max") ? a : b);
      case "GCD":
      case "LCM":
        return args.map(visit).reduce((a, b) => divisor(a, b, head === "LCM"));
      case "Sum":
      case "Product":
        return repeated(head, args);
      case "Conjugate": {
        const value = visit(args[0]);
        return value.exact ? value : approximate({ ...value.approximate, im: -value.approximate.im });
      }
      case "Log":
      case "Ln":
      case "Lb":
        return within(logarithm(head, args), args);
      case "Exp":
        return power(approximate(CONSTANTS.e), visit(args[0]));
      case "Subscript":
      case "Prime":
        return exact(point(JSON.stringify([head, ...args])));
    }
    if (Object.hasOwn(FUNCTIONS, head) && args.length === 1) {
      return approximate(FUNCTIONS[head](visit(args[0]).approximate));
    }
    if (/^[A-Za-z]$|_/.test(head)) return unknownFunction(head, args);
    throw new NoValue(head);
  }

  /** A value, or none if it leaves the real numbers, which its arguments do not. */
  function within(value: Value, args: readonly Tree[]): Value {
    if (domain === "complex" || isReal(value) || !c.isFinite(value.approximate)) return value;
    const leaves = args.some((tree) => symbols(tree).size > 0) && args.every((tree) => isReal(visit(tree)));
    return leaves ? approximate(c.complex(NaN)) : value;
  }

  /** `2x`, `f(x)`, `(a + b)(c)`. */
  function juxtaposed(args: readonly Tree[]): Value {
    const factors: Value[] = [];
    for (let index = 0; index < args.length; index++) {
      const factor = args[index], next = args[index + 1];
      const name = typeof factor === "string" ? factor.split("_", 1)[0] : "";
      const bracket = Array.isArray(next) && next[0] === "Delimiter";
      if (bracket && FUNCTION_LETTERS.has(name)) {
        factors.push(unknownFunction(factor as string, next.slice(1) as Tree[]));
        index++;
      } else factors.push(visit(factor));
    }
    return factors.reduce(product);
  }

  /** Some smooth function of its own for every name: equal arguments give equal values, others do not. */
  function unknownFunction(name: string, args: readonly Tree[]): Value {
    return args.map(visit).reduce((total, value, index) => {
      const [a, b] = [point(`${name}#${index}a`), point(`${name}#${index}b`)].map(exact);
      return sum(total, product(value, sum(a, product(b, value))));
    }, exact(point(`${name}#`)));
  }

  function raised([base, exponent]: readonly Tree[]): Value {
    // \sin^{-1} x is the arcsine; (\sin x)^{-1} has brackets.
    if (Array.isArray(base) && Object.hasOwn(INVERSES, base[0]) && isMinusOne(exponent)) {
      return approximate(FUNCTIONS[INVERSES[base[0]]](visit(base[1]).approximate));
    }
    return power(visit(base), visit(exponent));
  }

  function nthRoot([radicand, degree]: readonly Tree[]): Value {
    const value = visit(radicand), index = visit(degree);
    const whole = index.exact?.denominator === 1n && index.exact.numerator > 0n ? index.exact.numerator : null;
    if (whole === null) return power(value, inverted(index));
    return rooted(value, whole);
  }

  function logarithm(head: string, args: readonly Tree[]): Value {
    const value = visit(args[0]);
    const natural = c.log(value.approximate);
    // \log without a base is the natural one, as in most of mathematics beyond school; \lg has base 10.
    const base = args.length > 1 ? visit(args[1]) : head === "Lb" ? integer(2n) : null;
    if (!base) return approximate(natural);
    return product(approximate(natural), approximate(c.inverse(c.log(base.approximate))));
  }

  /** Sums and products with numbers as bounds. */
  function repeated(head: string, [term, ...ranges]: readonly Tree[]): Value {
    const [range, more] = ranges;
    if (more !== undefined || !Array.isArray(range) || range.length !== 4 || typeof range[1] !== "string") {
      throw new NoValue(head === "Sum" ? "a sum without bounds" : "a product without bounds");
    }
    if (/"(?:Sum|Product)"/.test(JSON.stringify(term))) throw new NoValue("a sum of sums");
    const [low, high] = [visit(range[2]), visit(range[3])].map(({ exact }) => exact?.denominator === 1n ? exact : null);
    const variable = range[1] as string;
    const free = [...symbols(range[2]), ...symbols(range[3])].length > 0;
    if (free || !low || !high) throw new NoValue("a sum with symbols as bounds");
    if (high.numerator - low.numerator > 200n) throw new NoValue("a sum of more than 200 terms");
    let total = integer(head === "Sum" ? 0n : 1n);
    for (let index = low.numerator; index <= high.numerator; index++) {
      const at: Point = (name) => name === variable ? { numerator: index, denominator: 1n } : point(name);
      if ((steps += 5) > MOST_STEPS) throw new NoValue("too many operations");
      const value = evaluate(term, at, domain);
      total = head === "Sum" ? sum(total, value) : product(total, value);
    }
    return total;
  }
}

/** The variables of an expression, without those that a sum, a limit or an integral binds. */
export function symbols(tree: Tree, found = new Set<string>()): Set<string> {
  if (typeof tree === "string") {
    if (!isConstant(tree)) found.add(tree);
  } else if (Array.isArray(tree)) {
    const own = BINDING.has(tree[0] as string) ? boundBy(tree as readonly Tree[]) : [];
    const inner = own.length > 0 ? new Set<string>() : found;
    for (const part of tree.slice(1)) symbols(part as Tree, inner);
    if (inner !== found) { for (const name of inner) if (!own.includes(name)) found.add(name); }
  }
  return found;
}

const BINDING = new Set(["Sum", "Product", "Limit", "Integrate"]);

/** `["Sum", body, ["Tuple", "k", 1, 5]]`, `["Limit", ["Function", body, "x"], 0]`. */
function boundBy(tree: readonly Tree[]): string[] {
  return tree.slice(1).flatMap((part) => {
    if (!Array.isArray(part)) return [];
    const name = part[0] === "Tuple" ? part[1] : part[0] === "Function" ? part.at(-1) : null;
    return typeof name === "string" ? [name] : [];
  });
}

function isMinusOne(tree: Tree): boolean {
  return tree === -1 || (Array.isArray(tree) && tree[0] === "Negate" && tree[1] === 1);
}

function noValue(what: string): never {
  throw new NoValue(what);
}

function undefinedValue(): Rational {
  throw new NoValue("a number that is not finite");
}
