/**
 * Verdicts as Markdown tables, for a README.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import type { Claim, ClaimSource, TestVerdict } from "./claim.ts";
import { powerOf } from "./power.ts";
import { groupedVerdicts, type VerdictRun } from "./runs.ts";
import { rangeText } from "./scale.ts";
import { comparison, estimateText, seedsText } from "./sentences.ts";
import { type SourcedVerdict, type Verdicts, verdictsOf } from "./verdicts.ts";

function link({ title, arxiv, url, year }: ClaimSource): string {
  return arxiv === undefined ? `[${title}](${url}) (${year})` : `[${arxiv}](https://arxiv.org/abs/${arxiv}) (${year})`;
}

/** Seeds of a test, and of one that is open how many would tell. */
function seedsOf(test: TestVerdict): string {
  const power = test.verdict === "inconclusive" ? powerOf(test) : null;
  return power ? `${test.seeds} of ${seedsText(power.seeds)}` : `${test.seeds}`;
}

/** A line for each test of a claim; what is about the claim stands in the first. */
function lines(verdict: SourcedVerdict, run: number): string[][] {
  const { claim, paper, scale: { responses }, tests } = verdict;
  return tests.map((test, index) => [
    ...index === 0 ? [verdict.verdict, `${claim} ${link(paper)}`] : ["", ""],
    `${comparison(test)}, \`${test.metric}\``,
    estimateText(test),
    seedsOf(test),
    ...index === 0 ? [responses ? rangeText(responses) : "", `${run}`] : ["", ""],
  ]);
}

/** A line for a run. What its column says already is left out. */
function runLine({ values, verdicts }: VerdictRun, index: number, titles: readonly string[]): string[] {
  const short = values.map((value, place) =>
    value.startsWith(`${titles[place]} `) ? value.slice(titles[place].length + 1) : value
  );
  return [`${index + 1}`, ...short, `${verdicts.length}`];
}

const legend =
  "All tests of a claim must hold. `5 of about 20` seeds: the test is open after 5, and at the difference that was " +
  "seen about 20 would decide it four times out of five. Responses are those sampled for training by the entries that " +
  "are compared. What a verdict holds for, no further, is its run";

/** A table of the tests, a table of what they hold for, and which of the claims were not run. */
export function verdictsMarkdown(claims: readonly Claim[], judged: Verdicts): string {
  const verdicts = verdictsOf(judged, claims), { common, titles, runs } = groupedVerdicts(verdicts);
  const runOf = new Map(runs.flatMap((run, index) => run.verdicts.map((verdict) => [verdict, index + 1] as const)));
  const missing = claims.filter(({ id }) => !verdicts.some((verdict) => verdict.id === id));
  const shared = common.length > 0 ? `; all of them: ${common.join(", ")}.` : ":";
  const left = missing.length > 0 ? `Not run yet: ${missing.map(({ id }) => `\`${id}\``).join(", ")}.` : "";
  return [
    markdownTable([
      ["verdict", "claim", "what is compared", "difference [95 %]", "seeds", "responses", "run"],
      ...verdicts.flatMap((verdict) => lines(verdict, runOf.get(verdict)!)),
    ]),
    wrapped(`${legend}${shared}`),
    markdownTable([["run", ...titles, "claims"], ...runs.map((run, index) => runLine(run, index, titles))]),
    ...left ? [wrapped(left)] : [],
  ].join("\n\n");
}
