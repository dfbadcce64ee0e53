/**
 * Verdicts in sentences for people.
 *
 * @module
 */
import { counted } from "../leaderboard/format.ts";
import type { Direction, Outcome, TestVerdict } from "./claim.ts";
import { columnOf } from "./columns.ts";
import { MOST_SEEDS, powerOf } from "./power.ts";

/** What is claimed of the difference, by the margin and the margin below 0. */
const claimed: Readonly<Record<Direction, (above: string, below: string) => string>> = {
  "higher": (above) => `more than ${above}`,
  "lower": (_, below) => `less than ${below}`,
  "not lower": (_, below) => `at least ${below}`,
  "not higher": (above) => `at most ${above}`,
  "equal": (above, below) => `from ${below} to ${above}`,
};

const says: Readonly<Record<Outcome, string>> = {
  "reproduced": "the whole interval says so",
  "not reproduced": "the whole interval says otherwise",
  "inconclusive": "the interval allows both",
};

/** What a test claims, for people: `gfpo not lower than grpo`. */
export function comparison(test: Pick<TestVerdict, "a" | "direction" | "b" | "fewerResponses">): string {
  const { direction, b } = test;
  return `${first(test)} ${direction} ${direction === "equal" ? "to" : "than"} ${quoted(b)}`;
}

/** A label within a sentence. */
const quoted = (label: string) => /[,\s]/.test(label) ? `"${label}"` : label;

/** What a claim is about, with when it is looked at if that is not its end. */
const first = ({ a, fewerResponses }: Pick<TestVerdict, "a" | "fewerResponses">) =>
  quoted(a) + (fewerResponses === undefined ? "" : ` with 1/${fewerResponses} of the responses`);

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
  const of = `${name} of ${first(test)} less that of ${quoted(b)}`;
  if (seeds === 0) {
    const why = test.fewerResponses === undefined ? "" : `; ${quoted(a)} has no evaluation with so few responses`;
    return `${of}: no seed has both${why}.`;
  }
  const bound = (value: number) => margin === 0 ? "0" : written(factor * value, digits);
  const measured = `${of}: ${estimateText(test)}${unit} over ${counted(seeds, "seed")}; claimed: ` +
    claimed[direction](bound(margin), bound(-margin));
  return seeds < minimumSeeds
    ? `${measured}; ${counted(minimumSeeds, "seed")} were asked for before judging.`
    : `${measured}; ${says[verdict]}.${verdict === "inconclusive" ? moreSeeds(test) : ""}`;
}

/** How many seeds, for people; null is too many to count. */
export function seedsText(seeds: number | null): string {
  return seeds === null ? `more than ${MOST_SEEDS.toLocaleString("en-US")}` : `about ${seeds}`;
}

/** What an inconclusive test could have found, and what more seeds would say, as a sentence behind a space. */
function moreSeeds(test: Omit<TestVerdict, "sentence">): string {
  const power = powerOf(test), { factor, digits, unit } = columnOf(test.metric);
  if (!power) return "";
  const off = (value: number) => `${written(factor * value, digits)}${unit}`;
  return ` With ${counted(test.seeds, "seed")} a difference ${
    off(power.detectable)
  } off the bound would be found four ` +
    `times out of five; this one is ${off(power.distance)} off, for which ${
      seedsText(power.seeds)
    } seeds would be needed.`;
}

/** Seeds that decide the inconclusive tests of a claim, with which each is found four times out of five. */
const seedsNeeded = (test: TestVerdict) => test.estimate ? powerOf(test)?.seeds ?? Infinity : Infinity;

/** The sentence of a claim: how many of its tests hold, and the one that decides. */
export function claimSentence(verdict: Outcome, tests: readonly TestVerdict[]): string {
  const found = tests.filter((test) => test.verdict === verdict);
  // Of those that are open the one that stays so for longest.
  const { sentence: deciding } = verdict === "inconclusive"
    ? found.reduce((a, b) => seedsNeeded(b) > seedsNeeded(a) ? b : a)
    : found[0];
  if (tests.length === 1) return deciding[0].toUpperCase() + deciding.slice(1);
  const held = tests.filter((test) => test.verdict === "reproduced").length;
  return `${held === tests.length ? `All ${held}` : `${held || "None"} of ${tests.length}`} tests hold; ${deciding}`;
}
