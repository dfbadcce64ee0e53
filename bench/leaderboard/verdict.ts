/**
 * What a comparison says, in sentences for people. The wording is part of the statistics: where nothing is significant
 * it says so, and what so many seeds could have found.
 *
 * @module
 */
import { counted } from "./format.ts";
import type { Comparison } from "./shape.ts";

const points = (value: number) => `${(100 * value).toFixed(1)} points`;

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** What was tested and how. */
function method({ seeds, pairs }: Comparison): string {
  const correction = pairs.length > 1 ? `, Holm's correction over ${pairs.length} pairs` : "";
  return `paired t test over ${counted(seeds.length, "seed")}${correction}, level 5 %`;
}

/** What the numbers at hand could have found. */
function power({ detectable, seeds }: Comparison): string {
  return detectable === null || detectable === 0
    ? ""
    : ` With ${counted(seeds.length, "seed")} a true difference of ${
      points(detectable)
    } in a single pair would be found ` +
      "four times out of five.";
}

/** The sentences; `below` names those that end below the policy before training. */
export function verdictOf(comparison: Comparison, below: readonly string[] = []): string {
  const { standings, pairs, seeds } = comparison;
  const worse = below.length > 0 ? ` Below the policy before training: ${listed(below)}.` : "";
  if (standings.length === 0) return "No algorithm has finished every seed; there is nothing to compare.";
  if (standings.length === 1) {
    return `Only ${standings[0].label} has finished; there is nothing to compare it with.${worse}`;
  }
  if (seeds.length === 1) {
    return `One seed says nothing about chance: there are no intervals and no ranks; run at least three seeds.${worse}`;
  }
  const found = pairs.filter(({ significant }) => significant).length;
  if (found === 0) {
    return `No significant difference between any two of ${standings.length} algorithms (${method(comparison)}): all ` +
      `share the first rank.${power(comparison)}${worse}`;
  }
  const first = standings.filter(({ rank }) => rank === 1).map(({ label }) => label);
  const beaten = (label: string) =>
    pairs.filter(({ a, b, significant }) => significant && (a === label || b === label)).length ===
      standings.length - 1;
  const lead = first.length > 1
    ? `Nothing tells the ${first.length} algorithms of the first rank apart: ${listed(first)}.`
    : beaten(first[0])
    ? `${first[0]} is significantly better than every other algorithm.`
    : `No algorithm is significantly better than ${first[0]}, which is not significantly better than all others.`;
  return `${lead} ${found} of ${counted(pairs.length, "pair")} differ significantly (${method(comparison)}).` +
    `${power(comparison)}${worse}`;
}
