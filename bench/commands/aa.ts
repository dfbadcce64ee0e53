/**
 * `podium aa`: how often differences are found where there are none, on runs of one algorithm under many seeds.
 *
 * @module
 */
import { type FalseFindings, falseFindings } from "../false_findings.ts";
import { counted } from "../leaderboard/format.ts";
import { openLeaderboard } from "../leaderboard/open.ts";
import { align } from "../leaderboard/table.ts";
import { writeOrRefuse } from "../markdown.ts";
import { exitCodes, Refusal } from "../outcomes.ts";
import { writeAtomically } from "../records.ts";
import { bench } from "./bench.ts";

/** Options of `podium aa`. */
export interface AaOptions {
  /** Seeds to run. Default: those of suite `aa`. */
  seeds?: number[];
  /** Directory of the records. Default: `runs/aa`. */
  out?: string;
  /** Cells side by side. */
  jobs?: number;
  /** Print JSON instead of a table. */
  json?: boolean;
  /** File to keep that JSON in. */
  save?: string;
}

/** The table and the verdict. */
export function falseFindingsText({ algorithms, tasks, runs, pairs, families, verdict }: FalseFindings): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  const lines = [...pairs, ...families].map(({ seeds, sides, splits, share, low, high }) => [
    `${seeds}`,
    sides === 2 ? "2" : `${sides}, Holm over ${sides * (sides - 1) / 2} pairs`,
    `${percent(share)} [${percent(low)}, ${percent(high)}]`,
    splits.toLocaleString("en-US"),
  ]);
  const who = algorithms.length === 1 ? algorithms[0] : `each of ${algorithms.length} algorithms`;
  return [
    `${who} against itself on ${tasks.join(", ")}: ${counted(runs, "seed")} dealt out at random`,
    align([["seeds each", "algorithms", "found % [95 %]", "comparisons"], ...lines], [1]),
    verdict,
  ].join("\n\n");
}

/** Runs the command; returns the exit code. Without `run` suite `aa` is run first, or continued. */
export async function aa(run: string | undefined, options: AaOptions): Promise<number> {
  const { seeds, jobs, json, save } = options, out = options.out ?? "runs/aa";
  if (run === undefined) {
    const code = await bench({ suite: "aa", seeds, out, jobs, quiet: true });
    if (code !== exitCodes.ok) return code;
  } else if (seeds ?? jobs ?? options.out) {
    throw new Refusal(`--seeds, --out and --jobs are for a new run; leave them out, or ${run}.`);
  }
  const { leaderboard } = await openLeaderboard(run ?? out);
  const found = falseFindings(leaderboard);
  const text = JSON.stringify({ command: "podium aa", environment: leaderboard.environment, ...found }, null, 2);
  if (save !== undefined) await writeOrRefuse(save, () => writeAtomically(save, text + "\n"));
  console.log(json ? text : falseFindingsText(found));
  return found.passed ? exitCodes.ok : exitCodes.gateFailed;
}
