/**
 * Whether two expressions have the same value: at several fixed rational points, exactly where both are rational there,
 * else within the rounding error that the evaluation reports. Two different expressions of the size of an answer do not
 * agree at such points by chance (Schwartz-Zippel). The Compute Engine's own equality test decides less (it leaves
 * 4/3 - 7x/6 = (8 - 7x)/6 open) and has no bound on its time.
 *
 * @module
 */

import type { Verdict } from "../verdict.ts";
import { isFinite, size } from "./complex.ts";
import { evaluate, NoValue, type Point, symbols, type Value } from "./evaluate.ts";
import type { Tree } from "./expression.ts";
import { add, parseDecimal, type Rational, toNumber } from "./rational.ts";

/** Points at which expressions are compared, and how many of them must have a value. */
const POINTS = 8;
const ENOUGH = 3;
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
  let exactly = true, agreed = 0;
  const needed = variables.length === 0 ? 1 : ENOUGH;
  try {
    for (let index = 0; index < (variables.length === 0 ? 1 : POINTS) && agreed < needed; index++) {
      const point = samplePoint(index);
      const [x, y] = [evaluate(a, point), evaluate(b, point)];
      // Where just one of two expressions in variables is defined, they may still be equal elsewhere.
      if (!isKnown(x) || !isKnown(y)) continue;
      if (!agree(x, y, leeway)) return { verdict: "different", reason: "different: value" };
      exactly &&= x.exact !== null && y.exact !== null;
      agreed++;
    }
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
    return { verdict: "unparsed", reason: `unparsed: ${error.message} can't be evaluated` };
  }
  if (agreed < needed) return { verdict: "unparsed", reason: "unparsed: no finite value" };
  return { verdict: "equal", reason: exactly ? "equal: value" : "equal: numerical value" };
}

/** Denominators of the sample points: primes, so that no variable is a number that answers like to be zero at. */
const PRIMES = [101n, 103n, 107n, 109n, 113n, 127n, 131n, 137n, 139n, 149n, 151n, 157n, 163n, 167n, 173n, 179n];

/**
 * The values of the variables at a point: positive rationals that depend on the name alone. At every other point all are
 * below 1, at the rest all are between 1 and 6, so that inverse functions of either kind have values at some.
 */
export function samplePoint(index: number): Point {
  return (name) => {
    let hash = 2166136261 ^ Math.imul(index + 1, 0x9e3779b1);
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = (hash ^ (hash >>> 13)) >>> 0;
    const denominator = PRIMES[hash % PRIMES.length], more = hash >>> 4;
    const numerator = BigInt(index % 2 === 0 ? 10 + more % 90 : 181 + more % 420);
    return { numerator: numerator % denominator === 0n ? numerator + 1n : numerator, denominator };
  };
}

function agree(x: Value, y: Value, leeway: Leeway): boolean {
  if (x.exact && y.exact) {
    if (x.exact.numerator === y.exact.numerator && x.exact.denominator === y.exact.denominator) return true;
    if (leeway.absolute === null && leeway.relative === 0) return false;
    if (leeway.absolute) return closer(x.exact, y.exact, leeway.absolute);
  }
  const [a, b] = [x.approximate, y.approximate];
  const difference = Math.hypot(a.re - b.re, a.im - b.im), larger = Math.max(size(a), size(b));
  const absolute = leeway.absolute ? toNumber(leeway.absolute) : 0;
  return difference <= 8 * (a.error + b.error) || difference < absolute ||
    difference <= Math.max(PRECISION, leeway.relative) * larger;
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
function isKnown({ exact, approximate }: Value): boolean {
  if (exact) return true;
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
