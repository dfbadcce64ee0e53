/**
 * Verdicts on the claims of papers.
 *
 * @module
 */
import type { Outcome, TestVerdict } from "../../claims/claim.ts";
import { comparison } from "../../claims/sentences.ts";
import { environmentText, type SourcedVerdict, type Verdicts, verdictsOf } from "../../claims/verdicts.ts";
import { claims } from "../../claims/index.ts";
import { counted } from "../../leaderboard/format.ts";
import { element, type Markup } from "../html.ts";
import { derived, significant } from "../numbers.ts";
import { section } from "../view.ts";

const kinds = { "reproduced": "yes", "not reproduced": "no", "inconclusive": "open" } as const;
const signs = { "reproduced": "✓", "not reproduced": "✗", "inconclusive": "?" } as const;

const badge = (verdict: Outcome): Markup =>
  element`<span class="badge ${kinds[verdict] ?? "open"}"><span aria-hidden="true">${
    signs[verdict] ?? "?"
  }</span> ${verdict}</span>`;

function tested(test: TestVerdict): Markup {
  const { metric, margin, estimate, verdict, sentence } = test;
  const number = (value: number | null) => derived(value, "verdicts", significant);
  return element`<li>${badge(verdict)} <code>${metric}</code>: ${comparison(test)}, margin ${margin}${
    estimate &&
    element`; difference ${number(estimate.mean)}${
      estimate.low !== null && estimate.high !== null && element` (${number(estimate.low)} to ${number(estimate.high)})`
    }`
  }. ${sentence}</li>`;
}

function claimCard({ id, claim, paper, published, setting, seeds, verdict, sentence, tests, ...from }: SourcedVerdict) {
  const address = paper.url ?? (paper.arxiv && `https://arxiv.org/abs/${paper.arxiv}`);
  const source = `${paper.title} (${paper.year})`;
  return element`<article class="claim" id="claim-${id}"><h3>${badge(verdict)} ${claim}</h3><p>${sentence}</p><ul>${
    tests.map(tested)
  }</ul><p class="muted">Published: ${published} ${
    address && /^https?:\/\//.test(address) ? element`<a href="${address}">${source}</a>` : source
  }, ${paper.where}. Holds for: ${setting}; ${counted(seeds, "seed")}; ${environmentText(from)}.</p></article>`;
}

/** Section: claims; nothing without verdicts. */
export function claimsSection(results: readonly Verdicts[]): Markup | null {
  const verdicts = results.flatMap((result) => verdictsOf(result, claims));
  if (verdicts.length === 0) return null;
  const counted = (Object.keys(kinds) as (keyof typeof kinds)[])
    .map((verdict) => `${verdicts.filter((own) => own.verdict === verdict).length} ${verdict}`).join(", ");
  return section(
    "claims",
    "Claims of papers",
    `Written down as tests before the run, judged by its intervals: ${counted}. A verdict holds for the scale it names, and for no other.`,
    element`<div class="claims">${verdicts.map(claimCard)}</div>`,
  );
}
