/**
 * Verdicts in sentences for people.
 *
 * @module
 */
import { counted } from "../leaderboard/format.ts";
import type { Direction, Outcome, TestVerdict } from "./claim.ts";
import { columnOf } from "./columns.ts";

const claimed: Readonly<Record<Direction, (margin: string) => string>> = {
  "higher": (margin) => `more than ${margin}`,
  "lower": (margin) => `less than -${margin}`,
  "not lower": (margin) => `at least -${margin}`,
  "not higher": (margin) => `at most ${margin}`,
  "equal": (margin) => `from -${margin} to ${margin}`,
};

const says: Readonly<Record<Outcome, string>> = {
  "reproduced": "the whole interval says so",
  "not reproduced": "the whole interval says otherwise",
  "inconclusive": "the interval allows both",
};

/** A number that is not -0. */
const written = (value: number, digits: number) => value.toFixed(digits).replace(/^-(?=0(\.0*)?$)/, "");

/** A difference with its interval, without unit: `1.9 [-0.6, 4.4]`. */
export function estimateText({ metric, estimate }: Pick<TestVerdict, "metric" | "estimate">): string {
  if (!estimate) return "-";
  const { factor, digits } = columnOf(metric), number = (value: number) => written(factor * value, digits);
  const { mean, low, high } = estimate;
  return low === null || high === null ? number(mean) : `${number(mean)} [${number(low)}, ${number(high)}]`;
}

/** The sentence of a test. */
export function testSentence(test: Omit<TestVerdict, "sentence">, minimumSeeds: number): string {
  const { metric, a, b, direction, margin, seeds, verdict } = test, { name, factor, unit, digits } = columnOf(metric);
  const of = `${name} of ${a} less that of ${b}`;
  if (seeds === 0) return `${of}: no seed has both.`;
  const bound = margin === 0 ? "0" : written(factor * margin, digits);
  const measured = `${of}: ${estimateText(test)}${unit} over ${counted(seeds, "seed")}; claimed: ` +
    `${claimed[direction](bound).replace("-0", "0").replace(/from 0 to 0$/, "0")}`;
  return seeds < minimumSeeds
    ? `${measured}; ${counted(minimumSeeds, "seed")} were asked for before judging.`
    : `${measured}; ${says[verdict]}.`;
}

/** The sentence of a claim: how many of its tests hold, and the one that decides. */
export function claimSentence(verdict: Outcome, tests: readonly TestVerdict[]): string {
  const deciding = tests.find((test) => test.verdict === verdict)!.sentence;
  if (tests.length === 1) return deciding[0].toUpperCase() + deciding.slice(1);
  const held = tests.filter((test) => test.verdict === "reproduced").length;
  return `${held === tests.length ? `All ${held}` : `${held || "None"} of ${tests.length}`} tests hold; ${deciding}`;
}
