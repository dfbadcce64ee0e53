/**
 * Verdicts that need no parser and take no time, so that no thread has to be asked: they are those of `equivalence.ts`.
 *
 * @module
 */

import type { Verdict } from "../verdict.ts";

/** An integer in its only spelling, that a double holds exactly. */
const INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/** The verdict on the same text twice, or on two integers; undefined of anything else. */
export function plainVerdict(gold: string, prediction: string): Verdict | undefined {
  if (gold === prediction && gold.trim() !== "") return { verdict: "equal", reason: "equal: same text" };
  if (!INTEGER.test(gold) || !INTEGER.test(prediction)) return undefined;
  return { verdict: "different", reason: "different: value" };
}
