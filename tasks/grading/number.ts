/**
 * Numbers as answers: finding one in a response and comparing it with the gold answer, exactly.
 *
 * The answer is the first number behind the last `####`, as GSM8K writes its own solutions. A response without the
 * marker is read by a flagged fallback, its last number; the reason says so. Strict grading leaves the fallback out:
 * it is for policies that were taught the marker, where a fallback would pay for forgetting it.
 *
 * | read | as |
 * |---|---|
 * | `1,234` `1{,}234` `1\,234` | 1234: groups of three digits; in `1,23` the number ends at the comma |
 * | `$18` `-$18` `$-18` `18 €` | 18 or -18: currency is a unit |
 * | `18.` `18 apples` `**18**` | 18: trailing text is a unit or punctuation |
 * | `50%` | 50, never 0.5: percent is a unit |
 * | `18.50` `.5` `1e3` | decimals, exactly |
 * | `3/4` `1 1/2` | fractions, exactly |
 * | `16-3` | 16 and 3: a sign stands behind a space, a bracket or nothing |
 *
 * @module
 */

import type { Grade } from "../task.ts";

/** An exact rational number. */
export interface Rational {
  readonly numerator: bigint;
  /** Positive. */
  readonly denominator: bigint;
}

/** Options of {@linkcode gradeNumber}. */
export interface NumberGradingOptions {
  /** Only what follows `####` counts. Default false. */
  readonly strict?: boolean;
}

/** What was found in a response: the number as it was written, or the reason why there is none. */
export interface ExtractedNumber {
  readonly text: string | null;
  readonly value: Rational | null;
  /** `####`, `last number` (the fallback) or null. */
  readonly from: "####" | "last number" | null;
}

const MARKER = "####";

const GROUP = String.raw`(?:,|\{,\}|\\,|[\u00a0\u2009\u202f])`;
const DIGITS = String.raw`(?:\d{1,3}(?:${GROUP}\d{3})+(?!\d)|\d+)`;
const DECIMAL = String.raw`(?:${DIGITS}(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3}(?![\w.]))?`;
const SIGN = String.raw`(?:(?<![\w.)\]}%])[-+\u2212\u2013])?`;
const CURRENCY = String.raw`(?:\\?[$€£¥]\s?)?`;
const FRACTION = String.raw`(?:(?<whole>\d+) )?(?<over>\d+) ?\/ ?(?<under>\d+)(?![\d./])`;
const NUMBER = new RegExp(`(?<sign>${SIGN}${CURRENCY}${SIGN})(?:${FRACTION}|(?<decimal>${DECIMAL}))`, "g");
const SEPARATOR = new RegExp(GROUP, "g");

/** The numbers of a text in order, each as written and as a value. */
function* numbersIn(text: string): Generator<{ text: string; value: Rational }> {
  for (const match of text.matchAll(NUMBER)) {
    const { sign, whole, over, under, decimal } = match.groups!;
    const size = decimal === undefined ? fraction(whole ?? "0", over, under) : parseDecimal(decimal);
    if (size === null) continue;
    const value = /[-\u2212\u2013]/.test(sign) ? { ...size, numerator: -size.numerator } : size;
    yield { text: match[0].trim(), value };
  }
}

function fraction(whole: string, over: string, under: string): Rational | null {
  const denominator = BigInt(under);
  return denominator === 0n ? null : { numerator: BigInt(whole) * denominator + BigInt(over), denominator };
}

function parseDecimal(text: string): Rational {
  const [mantissa, exponent = "0"] = text.replace(SEPARATOR, "").split(/[eE]/);
  const [whole, decimals = ""] = mantissa.split(".");
  const scale = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  return scale >= 0
    ? { numerator: digits * 10n ** BigInt(scale), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-scale) };
}

/** The first number of a text, exactly, or null if it has none. */
export function parseNumber(text: string): Rational | null {
  return numbersIn(text).next().value?.value ?? null;
}

/** Whether two numbers are the same; exact for any number of digits. */
export function equalNumbers(a: Rational, b: Rational): boolean {
  return a.numerator * b.denominator === b.numerator * a.denominator;
}

/** The answer of a response: behind the last `####`, else (unless strict) its last number. */
export function extractNumber(response: string, { strict = false }: NumberGradingOptions = {}): ExtractedNumber {
  const at = response.lastIndexOf(MARKER);
  if (at >= 0) {
    const line = response.slice(at + MARKER.length).trimStart().split("\n", 1)[0];
    const first = numbersIn(line).next().value;
    return { text: first?.text ?? null, value: first?.value ?? null, from: MARKER };
  }
  const last = strict ? undefined : [...numbersIn(response)].at(-1);
  return last ? { ...last, from: "last number" } : { text: null, value: null, from: null };
}

/**
 * Grades a response: `accuracy` is 1 if its number equals the gold answer, `format` is 1 if it wrote `####`.
 *
 * @throws {Error} if the gold answer is no number: then nothing could ever be right.
 */
export function gradeNumber(gold: string, response: string, options: NumberGradingOptions = {}): Grade {
  const wanted = parseNumber(gold);
  if (wanted === null) throw new Error(`The gold answer ${JSON.stringify(gold)} is not a number.`);
  const { text, value, from } = extractNumber(response, options);
  const right = value !== null && equalNumbers(value, wanted);
  const rewards = { accuracy: right ? 1 : 0, format: from === MARKER ? 1 : 0 };
  if (value === null) {
    const reason = from === MARKER
      ? `no number behind ${MARKER}`
      : options.strict
      ? `no ${MARKER} in the response`
      : "no number in the response";
    return { rewards, answer: null, reason };
  }
  const verdict = right ? "equal" : `different: ${text} is not ${gold}`;
  return {
    rewards,
    answer: text,
    reason: from === MARKER ? verdict : `${verdict} (fallback: no ${MARKER}, last number)`,
  };
}
