/**
 * Whether two mathematical answers mean the same.
 *
 * @module
 */

import type { EquivalenceOptions, Verdict } from "../verdict.ts";
import { parse } from "@cortex-js/compute-engine/latex-syntax";

/** Compares two answers; `math.ts` does it in a thread that can be stopped. */
export function equivalent(gold: string, prediction: string, _options: EquivalenceOptions = {}): Verdict {
  const [a, b] = [gold, prediction].map((text) => JSON.stringify(parse(text.replace(/[$\s]|\\[td]?(?=frac)/g, ""))));
  if (a.includes("Error")) return { verdict: "unparsed", reason: "unparsed: gold" };
  if (b.includes("Error")) return { verdict: "unparsed", reason: "unparsed: prediction" };
  return a === b ? { verdict: "equal", reason: "equal: form" } : { verdict: "different", reason: "different: form" };
}
