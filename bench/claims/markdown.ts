/**
 * Verdicts as a Markdown table, for a README.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import { counted } from "../leaderboard/format.ts";
import type { ClaimSource, Verdict } from "./claim.ts";
import { comparison, estimateText } from "./sentences.ts";
import type { Verdicts } from "./verdicts.ts";

function link({ title, arxiv, url, year }: ClaimSource): string {
  return arxiv === undefined ? `[${title}](${url}) (${year})` : `[${arxiv}](https://arxiv.org/abs/${arxiv}) (${year})`;
}

/** What was compared in which column, test by test. */
function found({ tests }: Verdict): string {
  return tests.map((test) => `${comparison(test)}, \`${test.metric}\`: ${estimateText(test)}`).join("; ");
}

/** The table, and the scale below it. */
export function verdictsMarkdown({ verdicts, environment }: Verdicts): string {
  const table = markdownTable([
    ["verdict", "claim", "source", "difference [95 %]"],
    ...verdicts.map((verdict) => [verdict.verdict, verdict.claim, link(verdict.paper), found(verdict)]),
  ]);
  const settings = [...new Set(verdicts.map(({ setting }) => setting))];
  const scale = settings.map((setting) => {
    const own = verdicts.filter((verdict) => verdict.setting === setting);
    const seeds = Math.min(...own.map((verdict) => verdict.seeds));
    return `${setting}; ${counted(seeds, "seed")} (${counted(own.length, "claim")})`;
  });
  return `${table}\n\n${wrapped(`Holds for: ${scale.join(". ")}. Podium ${environment.podium}.`)}`;
}
