/**
 * Verdicts as a table for a terminal, and what each of them says below it.
 *
 * @module
 */
import { counted } from "../leaderboard/format.ts";
import { align } from "../leaderboard/table.ts";
import type { Claim, Outcome, Verdict } from "./claim.ts";
import { scaleText } from "./scale.ts";
import { comparison, estimateText } from "./sentences.ts";
import { environmentText, type SourcedVerdict, type Verdicts, verdictsOf } from "./verdicts.ts";

/** A claim's line for each of its tests; the verdict stands in the first. */
function lines({ id, verdict, tests }: Verdict): string[][] {
  return tests.map((test, index) => [
    index === 0 ? verdict : "",
    index === 0 ? id : "",
    comparison(test),
    test.metric,
    estimateText(test),
    test.verdict,
  ]);
}

function paragraph({ claim, sentence, scale, seeds, ...source }: SourcedVerdict): string {
  return `${claim}\n  ${sentence}\n  Holds for: ${scaleText(scale)}; ${counted(seeds, "seed")}; ${
    environmentText(source)
  }.`;
}

/** The table; claims without a verdict are listed as not run. */
export function verdictsTable(claims: readonly Claim[], judged: Verdicts): string {
  const verdicts = verdictsOf(judged, claims);
  const missing = claims.filter(({ id }) => !verdicts.some((verdict) => verdict.id === id));
  const count = (outcome: Outcome) => `${verdicts.filter(({ verdict }) => verdict === outcome).length} ${outcome}`;
  const table = align([
    ["verdict", "claim", "what is compared", "column", "difference [95 %]", "test"],
    ...verdicts.flatMap(lines),
    ...missing.map(({ id }) => ["not run", id, "", "", "", ""]),
  ], [0, 1, 2, 3, 4, 5]);
  const totals = [count("reproduced"), count("not reproduced"), count("inconclusive")];
  if (missing.length > 0) totals.push(`${missing.length} not run`);
  return [table, ...verdicts.map(paragraph), `${counted(claims.length, "claim")}: ${totals.join(", ")}.`].join("\n\n");
}
