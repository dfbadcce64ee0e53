/**
 * Whether the equations that a text writes down are true: `48/2 = 24`, `<<48/2=24>>` (GSM8K's calculator annotations),
 * `9 * 2 = $18`, `2+3 = 1+4 = 5`.
 *
 * An equation is a chain of two or more sides around `=`, of which at least one calculates. A side is a whole arithmetic
 * expression of numbers, `+ - * / × ÷ x` and brackets; where words or letters are part of it (`3 apples + 2*4 = 11`,
 * `half of 8 = 4`, `3x = 6`, `7/6 = 1 and 1/6`), it can't be checked without understanding them, and is left alone. Currency is a unit. So is
 * percent, or a hundredth: an equation is true if it is so in either reading.
 *
 * Results are compared exactly, but one with decimals may be rounded or cut: `10/3 = 3.33` is true, `10/3 = 3` is not.
 *
 * @module
 */

/** One symbol: white space, an annotation's bracket, a number, an operator, currency, percent. */
const SYMBOL =
  /[^\S\n]+|(?<number>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)|(?<operator>[-+*/()=\u2212\u2013\u00d7\u00f7]|(?<=[\d)%] ?)[xX](?= ?[\d.($]))|(?<unit>\\?[$€£¥]|%)/y;

/** Text before a stretch that its first side continues: an operator in words or letters. */
const CONTINUED = /(?:\b(?:x|of|by|times|plus|minus)|\d\s+and)\s*$/i;
/** Text behind a stretch that continues its last side: a variable, the fraction of a mixed number. */
const CONTINUES = /^(?:[a-z](?![\p{L}\p{N}'])|\s*and\s*\(?\s*\d)/iu;

/** Operators that have more than one spelling. */
const ASCII: Readonly<Record<string, string>> = {
  "\u2212": "-",
  "\u2013": "-",
  "\u00d7": "*",
  "\u00f7": "/",
  x: "*",
  X: "*",
};

/** A longer side is nobody's arithmetic, and brackets within brackets without end would overflow the stack. */
const MOST_SYMBOLS = 200;

/** A side of an equation: its symbols, without units. */
type Side = string[];

/** A number and how exactly it was written. */
interface Value {
  readonly value: number;
  /** Digits behind the point if the side is one number, else `null`: a calculation is exact. */
  readonly decimals: number | null;
}

/** Whether each equation of a line is true, in order; empty if it has none. */
export function checkEquations(line: string): boolean[] {
  const verdicts: boolean[] = [];
  for (const chain of chains(line)) {
    const readings = [1, 0.01].map((percent) => judge(chain, percent));
    if (readings[0] !== null) verdicts.push(readings.includes(true));
  }
  return verdicts;
}

/** The stretches of mathematics of a line, an annotation apart from the text around it. */
function* chains(line: string): Generator<Side[]> {
  const text = line.replace(/^\s*(?:[-*\u2022]|\d+[.)])\s+/, "");
  for (const [, inside] of text.matchAll(/<<([^<>]*)>>/g)) yield* stretches(inside);
  yield* stretches(text.replace(/<<[^<>]*>>/g, ""));
}

/** Maximal runs of mathematical symbols, split into sides at `=`; those without `=` are no equation. */
function* stretches(text: string): Generator<Side[]> {
  let sides: Side[] = [[]], begin = 0;
  for (let at = 0; at <= text.length;) {
    SYMBOL.lastIndex = at;
    const match = at < text.length ? SYMBOL.exec(text) : null;
    if (match) {
      at += match[0].length;
      const { number, operator, unit } = match.groups!;
      if (operator === "=") sides.push([]);
      else if (number || operator || unit === "%") {
        sides[sides.length - 1].push(number ?? ASCII[operator] ?? operator ?? "%");
      }
      continue;
    }
    if (sides.length > 1) {
      const before = text.slice(0, begin);
      // An outer side that is only part of an expression is emptied: nothing is known of it.
      if (CONTINUED.test(before) || before.trim() !== "" && sides[0][0] === "-") sides[0] = [];
      if (CONTINUES.test(text.slice(at))) sides[sides.length - 1] = [];
      yield sides;
    }
    sides = [[]];
    // A word ends here: what begins within one, such as the 2 of H2, is none of its numbers.
    at += /^[\p{L}_][\p{L}\p{N}_]*/u.exec(text.slice(at))?.[0].length ?? 1;
    begin = at;
  }
}

/** Whether neighbouring sides are equal; `null` if there is nothing to compare or nothing calculates. */
function judge(sides: readonly Side[], percent: number): boolean | null {
  const values = sides.map((side) => evaluate(side, percent));
  let verdict: boolean | null = null;
  for (let i = 1; i < values.length; i++) {
    const left = values[i - 1], right = values[i];
    if (!left || !right || left.decimals !== null && right.decimals !== null) continue;
    verdict = (verdict ?? true) && agree(left, right);
  }
  return verdict;
}

function agree(a: Value, b: Value): boolean {
  const exact = 1e-9 * Math.max(1, Math.abs(a.value), Math.abs(b.value));
  const decimals = Math.min(a.decimals || Infinity, b.decimals || Infinity);
  return Math.abs(a.value - b.value) <= exact + (decimals === Infinity ? 0 : 0.999999 * 10 ** -decimals);
}

/** Value of a side, `null` if it is no whole expression. */
function evaluate(side: Side, percent: number): Value | null {
  if (side.length > MOST_SYMBOLS) return null;
  let at = 0;
  const take = (...symbols: string[]) => symbols.includes(side[at]) ? side[at++] : null;

  function sum(): number {
    let value = product();
    for (let sign; (sign = take("+", "-"));) value += sign === "+" ? product() : -product();
    return value;
  }
  function product(): number {
    let value = atom();
    for (let sign; (sign = take("*", "/"));) {
      if (sign === "*") value *= atom();
      else value /= atom();
    }
    return value;
  }
  function atom(): number {
    if (take("-")) return -atom();
    let value: number;
    if (take("(")) {
      value = sum();
      if (!take(")")) return NaN;
    } else {
      const written = side[at++];
      value = /\d/.test(written ?? "") ? Number(written.replaceAll(",", "")) : NaN;
    }
    return take("%") ? value * percent : value;
  }

  const value = sum();
  if (at !== side.length || !Number.isFinite(value)) return null;
  const written = side.filter((symbol) => symbol !== "%");
  const single = written.length === 1 || written.length === 2 && written[0] === "-";
  return { value, decimals: single ? (written[written.length - 1].split(".")[1] ?? "").length : null };
}
