/**
 * Whether two expressions have the same value: at several fixed rational points, exactly where both are rational there,
 * else within the rounding error that the evaluation reports. Two different expressions of the size of an answer do not
 * agree at such points by chance (Schwartz-Zippel).
 *
 * Variables are real, of either sign: |x| and √(x²) are not x. A point decides nothing where one of the two has no real
 * value, since a question may restrict its variables: √x √x is x, and ln x² is 2 ln x. It decides nothing either where
 * a value is too large, too small or too uncertain for a double. If too few points decide, formulas are compared by
 * complex values; if these do not decide, the formulas are `unparsed`, never equal.
 *
 * The Compute Engine's own equality test decides less (it leaves 4/3 - 7x/6 = (8 - 7x)/6 open) and has no bound on its
 * time.
 *
 * @module
 */

import type { Verdict } from "../verdict.ts";
import { isFinite, size } from "./complex.ts";
import { evaluate, type Point, symbols } from "./evaluate.ts";
import type { Tree } from "./expression.ts";
import { add, parseDecimal, type Rational, toNumber } from "./rational.ts";
import { NoValue, type Value } from "./value.ts";

/** Points at which expressions are compared: all of them, and how many must decide. */
export const POINTS = 12;
const ENOUGH = 3;
/** Points 0 to 3 are positive, 4 and 5 negative, the rest have both signs. */
const POSITIVE = 4, NEGATIVE = 6;
/** Uncertainty up to which sin π is 0. */
const NEAR_ZERO = 1e-12;
/** Relative difference that doubles of this length of computation can't tell from none. */
const PRECISION = 1e-9;

/** Compares two expressions. `roundedFrom`: digits from which a decimal stands for what rounds to it. */
export function sameValue(a: Tree, b: Tree, roundedFrom: number): Verdict {
  if (JSON.stringify(a) === JSON.stringify(b)) return { verdict: "equal", reason: "equal: same form" };
  const infinite = [infinity(a), infinity(b)];
  if (infinite[0] !== 0 || infinite[1] !== 0) {
    return infinite[0] === infinite[1]
      ? { verdict: "equal", reason: "equal: infinity" }
      : { verdict: "different", reason: "different: infinity" };
  }
  const variables = [...new Set([...symbols(a), ...symbols(b)])];
  const [own, other] = [leewayOf(a, roundedFrom), leewayOf(b, roundedFrom)];
  const leeway: Leeway = {
    absolute: larger(own.absolute, other.absolute),
    relative: Math.max(own.relative, other.relative),
  };
  const [points, needed] = variables.length === 0 ? [1, 1] : [POINTS, ENOUGH];
  try {
    for (const domain of ["real", "complex"] as const) {
      let exactly = true, agreed = 0;
      for (let index = 0; index < points; index++) {
        const point = samplePoint(index);
        const [x, y] = [evaluate(a, point, domain), evaluate(b, point, domain)];
        const same = agree(x, y, leeway);
        if (same === false) return { verdict: "different", reason: "different: value" };
        if (same === null) continue;
        exactly &&= x.exact !== null && y.exact !== null;
        agreed++;
      }
      if (agreed >= needed) return { verdict: "equal", reason: exactly ? "equal: value" : "equal: numerical value" };
    }
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
    return { verdict: "unparsed", reason: `unparsed: ${error.message} can't be evaluated` };
  }
  return { verdict: "unparsed", reason: "unparsed: no finite value that decides" };
}

/** Denominators of the sample points: primes, so that no variable is a number that answers like to be zero at. */
const PRIMES = [101n, 103n, 107n, 109n, 113n, 127n, 131n, 137n, 139n, 149n, 151n, 157n, 163n, 167n, 173n, 179n];

/**
 * The values of the variables at a point: rationals that depend on the name alone. At every other point all are closer
 * to 0 than 1, at the rest all are farther, up to 6, so that inverse functions of either kind have values at some.
 */
export function samplePoint(index: number): Point {
  return (name) => {
    let hash = 2166136261 ^ Math.imul(index + 1, 0x9e3779b1);
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = (hash ^ (hash >>> 13)) >>> 0;
    const denominator = PRIMES[hash % PRIMES.length], more = hash >>> 4;
    const numerator = BigInt(index % 2 === 0 ? 10 + more % 90 : 181 + more % 420);
    const size = numerator % denominator === 0n ? numerator + 1n : numerator;
    const isNegative = index >= POSITIVE && (index < NEGATIVE || (hash >>> 30) % 2 === 1);
    return { numerator: isNegative ? -size : size, denominator };
  };
}

/** Whether two values are the same, or null where that is not to be told. */
function agree(x: Value, y: Value, leeway: Leeway): boolean | null {
  if (x.exact && y.exact) {
    if (x.exact.numerator === y.exact.numerator && x.exact.denominator === y.exact.denominator) return true;
    if (leeway.absolute === null && leeway.relative === 0) return false;
    if (leeway.absolute) return closer(x.exact, y.exact, leeway.absolute);
  }
  if (!isKnown(x) || !isKnown(y)) return null;
  const [a, b] = [x.approximate, y.approximate];
  const difference = Math.hypot(a.re - b.re, a.im - b.im), larger = Math.max(size(a), size(b));
  const absolute = leeway.absolute ? toNumber(leeway.absolute) : 0;
  const error = a.error + b.error;
  const close = difference < absolute || difference <= Math.max(PRECISION, leeway.relative) * larger;
  if (!close && difference > 8 * error) return false;
  if (error < (close ? larger : larger / 8) || error === 0) return true;
  // The error is as large as the values: that tells nothing, except that sin π is 0.
  const isZero = [x, y].some(({ exact }) => exact?.numerator === 0n);
  return isZero && error <= NEAR_ZERO ? true : null;
}

function larger(a: Rational | null, b: Rational | null): Rational | null {
  if (!a || !b) return a ?? b;
  return a.numerator * b.denominator > b.numerator * a.denominator ? a : b;
}

/** Whether two exact numbers differ by less than a step. */
function closer(x: Rational, y: Rational, step: Rational): boolean {
  const difference = add(x, { ...y, numerator: -y.numerator });
  if (!difference) return false;
  const size = difference.numerator < 0n ? -difference.numerator : difference.numerator;
  return size * step.denominator < step.numerator * difference.denominator;
}

/** Whether a value is known well enough to be compared. */
function isKnown({ approximate }: Value): boolean {
  return isFinite(approximate) && approximate.error <= 1e-6 * Math.max(1, size(approximate));
}

/** How far a rounded decimal may be from what it stands for. */
interface Leeway {
  /** For a decimal alone: less than one unit of its last digit. */
  readonly absolute: Rational | null;
  /** For decimals within an expression. */
  readonly relative: number;
}

function leewayOf(tree: Tree, roundedFrom: number): Leeway {
  const alone = Array.isArray(tree) && tree[0] === "Negate" ? tree[1] as Tree : tree;
  const own = step(alone, roundedFrom);
  if (own) return { absolute: own.absolute, relative: 0 };
  let relative = 0;
  const visit = (node: Tree): void => {
    const found = step(node, roundedFrom);
    if (found) relative = Math.max(relative, found.relative);
    else if (Array.isArray(node)) (node.slice(1) as Tree[]).forEach(visit);
  };
  visit(tree);
  return { absolute: null, relative };
}

/** One unit of the last digit of a decimal with enough digits; at least what doubles can't tell apart. */
function step(node: Tree, roundedFrom: number): { absolute: Rational; relative: number } | null {
  const text = typeof node === "number" ? String(node) : typeof node === "object" && "num" in node ? node.num : "";
  const match = /^-?(\d+)\.(\d+)(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (!match) return null;
  const digits = (match[1] + match[2]).replace(/^0+/, "");
  if (digits.length < roundedFrom) return null;
  const coarsest = digits.length > 14 ? 10n ** BigInt(digits.length - 14) : 1n;
  const absolute = parseDecimal(`1e${Number(match[3] ?? 0) - match[2].length}`)!;
  return {
    absolute: { ...absolute, numerator: absolute.numerator * coarsest },
    relative: Number(coarsest) / Number(digits.slice(0, 15)) * 10 ** -Math.max(0, digits.length - 15),
  };
}

/** 1 or -1 for an expression that is an infinity, else 0. */
function infinity(tree: Tree): -1 | 0 | 1 {
  if (tree === "PositiveInfinity") return 1;
  if (tree === "NegativeInfinity") return -1;
  if (!Array.isArray(tree) || tree.length !== 2) return 0;
  const inner = infinity(tree[1] as Tree);
  return tree[0] === "Negate" ? -inner as -1 | 0 | 1 : tree[0] === "Delimiter" ? inner : 0;
}
