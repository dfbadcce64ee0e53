/**
 * Verdicts as a Markdown table, for a README.
 *
 * @module
 */
import { markdownTable, wrapped } from "../markdown.ts";
import { counted } from "../leaderboard/format.ts";
import type { Claim, ClaimSource, Verdict } from "./claim.ts";
import { comparison, estimateText } from "./sentences.ts";
import type { Verdicts } from "./verdicts.ts";

function link({ title, arxiv, url, year }: ClaimSource): string {
  return arxiv === undefined ? `[${title}](${url}) (${year})` : `[${arxiv}](https://arxiv.org/abs/${arxiv}) (${year})`;
}

/** What was compared in which column, test by test. */
function found({ tests }: Verdict): string {
  return tests.map((test) => `${comparison(test)}, \`${test.metric}\`: ${estimateText(test)}`).join("; ");
}

/** The table, and below it the scale, and which of the claims were not run. */
export function verdictsMarkdown(claims: readonly Claim[], { verdicts, environment }: Verdicts): string {
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
  const missing = claims.filter(({ id }) => !verdicts.some((verdict) => verdict.id === id)).map(({ id }) =>
    `\`${id}\``
  );
  const left = missing.length > 0 ? ` Not run yet: ${missing.join(", ")}.` : "";
  return `${table}\n\n${wrapped(`Holds for: ${scale.join(". ")}. Podium ${environment.podium}.${left}`)}`;
}
