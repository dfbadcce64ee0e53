/**
 * Verdicts as a Markdown table, for a README.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import { counted } from "../leaderboard/format.ts";
import type { Claim, ClaimSource, Verdict } from "./claim.ts";
import { comparison, estimateText } from "./sentences.ts";
import { environmentText, type Verdicts, verdictsOf } from "./verdicts.ts";

function link({ title, arxiv, url, year }: ClaimSource): string {
  return arxiv === undefined ? `[${title}](${url}) (${year})` : `[${arxiv}](https://arxiv.org/abs/${arxiv}) (${year})`;
}

/** What was compared in which column, test by test. */
function found({ tests }: Verdict): string {
  return tests.map((test) => `${comparison(test)}, \`${test.metric}\`: ${estimateText(test)}`).join("; ");
}

/** The table, and below it the scale, and which of the claims were not run. */
export function verdictsMarkdown(claims: readonly Claim[], judged: Verdicts): string {
  const verdicts = verdictsOf(judged, claims);
  const table = markdownTable([
    ["verdict", "claim", "source", "difference [95 %]"],
    ...verdicts.map((verdict) => [verdict.verdict, verdict.claim, link(verdict.paper), found(verdict)]),
  ]);
  const scale = judged.sources.map(({ verdicts, ...source }) => {
    const scales = Map.groupBy(verdicts, ({ setting, seeds }) => `${setting}; ${counted(seeds, "seed")}`);
    const settings = [...scales].map(([setting, { length }]) => `${setting} (${counted(length, "claim")})`);
    return `Of ${environmentText(source)}: ${settings.join(". ")}.`;
  });
  const missing = claims.filter(({ id }) => !verdicts.some((verdict) => verdict.id === id)).map(({ id }) =>
    `\`${id}\``
  );
  const left = missing.length > 0 ? ` Not run yet: ${missing.join(", ")}.` : "";
  return `${table}\n\n${wrapped(`What the verdicts hold for. ${scale.join(" ")}${left}`)}`;
}
