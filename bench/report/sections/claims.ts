/**
 * Verdicts on the claims of papers.
 *
 * @module
 */
import type { ClaimsResult, ClaimTest, ClaimVerdict } from "../claims.ts";
import { element, type Markup } from "../html.ts";
import { derived, significant } from "../numbers.ts";
import { section } from "../view.ts";

const kinds = { "reproduced": "yes", "not reproduced": "no", "inconclusive": "open" } as const;
const signs = { "reproduced": "✓", "not reproduced": "✗", "inconclusive": "?" } as const;

const badge = (verdict: ClaimTest["verdict"]): Markup =>
  element`<span class="badge ${kinds[verdict] ?? "open"}"><span aria-hidden="true">${
    signs[verdict] ?? "?"
  }</span> ${verdict}</span>`;

function tested({ metric, direction, margin, estimate, verdict, sentence }: ClaimTest): Markup {
  const number = (value: number | null) => derived(value, "verdicts", significant);
  return element`<li>${badge(verdict)} <code>${metric}</code> ${direction}, margin ${margin}${
    estimate &&
    element`: ${number(estimate.mean)}${
      estimate.low !== null && estimate.high !== null &&
      element` (${number(estimate.low)} to ${number(estimate.high)}) `
    }`
  }. ${sentence}</li>`;
}

function claimCard(claim: ClaimVerdict): Markup {
  const { paper } = claim, address = paper.url ?? (paper.arxiv && `https://arxiv.org/abs/${paper.arxiv}`);
  const source = `${paper.title} (${paper.year})`;
  return element`<article class="claim" id="claim-${claim.id}"><h3>${
    badge(claim.verdict)
  } ${claim.claim}</h3><p>${claim.sentence}</p><ul>${
    claim.tests ? claim.tests.map(tested) : tested({ ...claim, sentence: "" })
  }</ul><p class="muted">Published: ${claim.published}. ${
    address && /^https?:\/\//.test(address) ? element`<a href="${address}">${source}</a>` : source
  }. Holds for: ${claim.setting}; ${claim.seeds} seeds.</p></article>`;
}

/** Section: claims; nothing without verdicts. */
export function claimsSection(results: readonly ClaimsResult[]): Markup | null {
  const verdicts = results.flatMap(({ verdicts }) => verdicts);
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
