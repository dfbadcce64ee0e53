/**
 * Verdicts on the claims of papers.
 *
 * @module
 */
import type { Outcome, TestVerdict } from "../../claims/claim.ts";
import { comparison } from "../../claims/sentences.ts";
import { amountText, groupedVerdicts, type VerdictRun } from "../../claims/runs.ts";
import { type SourcedVerdict, type Verdicts, verdictsOf } from "../../claims/verdicts.ts";
import { claims } from "../../claims/index.ts";
import { element, type Markup } from "../html.ts";
import { derived, significant } from "../numbers.ts";
import { section } from "../view.ts";

const kinds = { "reproduced": "yes", "not reproduced": "no", "inconclusive": "open" } as const;
const signs = { "reproduced": "✓", "not reproduced": "✗", "inconclusive": "?" } as const;

const badge = (verdict: Outcome): Markup =>
  element`<span class="badge ${kinds[verdict] ?? "open"}"><span aria-hidden="true">${
    signs[verdict] ?? "?"
  }</span> ${verdict}</span>`;

/** A test in numbers, and in its sentence unless that of the claim, `said`, holds it. */
function tested(test: TestVerdict, said: string): Markup {
  const { metric, margin, estimate, verdict, sentence } = test;
  const number = (value: number | null) => derived(value, "verdicts", significant);
  return element`<li>${badge(verdict)} <code>${metric}</code>: ${comparison(test)}, margin ${margin}${
    estimate &&
    element`; difference ${number(estimate.mean)}${
      estimate.low !== null && estimate.high !== null && element` (${number(estimate.low)} to ${number(estimate.high)})`
    }`
  }.${said.includes(sentence.slice(1)) ? "" : ` ${sentence}`}</li>`;
}

function claimCard(judged: SourcedVerdict, { values }: VerdictRun): Markup {
  const { id, claim, paper, published, verdict, sentence, tests } = judged;
  const address = paper.url ?? (paper.arxiv && `https://arxiv.org/abs/${paper.arxiv}`);
  const source = `${paper.title} (${paper.year})`;
  return element`<article class="claim" id="claim-${id}"><h3>${badge(verdict)} ${claim}</h3><p>${sentence}</p><ul>${
    tests.map((test) => tested(test, sentence))
  }</ul><p class="muted">Published: ${published} ${
    address && /^https?:\/\//.test(address) ? element`<a href="${address}">${source}</a>` : source
  }, ${paper.where}. Holds for: ${[...values, amountText(judged)].join(", ")}.</p></article>`;
}

/** What all verdicts hold for, said once. */
const sharedLine = (common: readonly string[]): Markup | null =>
  common.length === 0 ? null : element`<p class="muted">All of them hold for: ${common.join(", ")}.</p>`;

/** Section: claims; nothing without verdicts. */
export function claimsSection(results: readonly Verdicts[]): Markup | null {
  const verdicts = results.flatMap((result) => verdictsOf(result, claims));
  if (verdicts.length === 0) return null;
  const { common, runs } = groupedVerdicts(verdicts);
  const runOf = new Map(runs.flatMap((run) => run.verdicts.map((verdict) => [verdict, run] as const)));
  const outcomes = (Object.keys(kinds) as (keyof typeof kinds)[])
    .map((verdict) => `${verdicts.filter((own) => own.verdict === verdict).length} ${verdict}`).join(", ");
  return section(
    "claims",
    "Claims of papers",
    `Written down as tests before the run, judged by its intervals: ${outcomes}. A verdict holds for the scale it names, and for no other.`,
    element`${sharedLine(common)}<div class="claims">${
      verdicts.map((verdict) => claimCard(verdict, runOf.get(verdict)!))
    }</div>`,
  );
}
