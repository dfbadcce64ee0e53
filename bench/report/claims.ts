/**
 * Verdicts on claims of papers, in the form that a run of the claims suite writes them.
 *
 * @module
 */
import { Refusal } from "../outcomes.ts";

/** One test of a claim. */
export interface ClaimTest {
  /** Column that is compared. */
  metric: string;
  /** What is claimed of it: higher, lower, or equal within the margin. */
  direction: string;
  /** How much, in units of the metric. */
  margin: number;
  /** What was measured, with its interval; null if nothing was. */
  estimate: { mean: number; low: number | null; high: number | null } | null;
  /** What that says. */
  verdict: "reproduced" | "not reproduced" | "inconclusive";
  /** The same in a sentence. */
  sentence: string;
}

/** A claim and what came of it. */
export interface ClaimVerdict extends ClaimTest {
  /** Name of the claim. */
  id: string;
  /** The claim as a sentence. */
  claim: string;
  /** Where it was made. */
  paper: { title: string; year: number; arxiv?: string; url?: string };
  /** What the paper reports. */
  published: string;
  /** Scale that the verdict holds for. */
  setting: string;
  /** Seeds that count. */
  seeds: number;
  /** Where a claim says several things, each of them. */
  tests?: ClaimTest[];
}

/** A verdicts file. */
export interface ClaimsResult {
  /** Version of the form. */
  format: 1;
  /** The claims. */
  verdicts: ClaimVerdict[];
}

/** Whether a parsed JSON file is a verdicts file, rather than a leaderboard. */
export function isClaims(value: unknown): value is ClaimsResult {
  return typeof value === "object" && value !== null && Array.isArray((value as ClaimsResult).verdicts);
}

/**
 * A verdicts file that this version can show.
 *
 * @throws {Refusal} naming the file, if it is of another version.
 */
export function requireClaims(value: ClaimsResult, source: string): ClaimsResult {
  if (value.format !== 1) {
    throw new Refusal(`${source}: verdicts of format ${value.format}, and this version reads format 1; judge again.`);
  }
  return value;
}
