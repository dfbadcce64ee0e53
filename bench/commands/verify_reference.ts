/**
 * `podium verify --reference`: runs a sample of the cells of a published leaderboard again.
 *
 * @module
 */
import { openLeaderboard } from "../leaderboard/open.ts";
import { exitCodes, Interruption } from "../outcomes.ts";
import { repeatCell, type Repetition, sampleCells } from "../reference.ts";
import { onInterrupt } from "./interrupt.ts";
import type { VerifyOptions } from "./verify.ts";

/** The leaderboard that comes with Podium. */
const reference = new URL("../../fixtures/leaderboards/standard.json", import.meta.url);

const percent = (value: number) => (100 * value).toFixed(1);

function lineOf({ task, label, seed, level, sameBits, published, repeated, interval, kept }: Repetition): string {
  const name = `${task}, ${label}, seed ${seed}`;
  if (sameBits) return `${name}: the same bits (${level}), avg@k ${percent(repeated)} %`;
  const scores = `avg@k ${percent(repeated)} % where ${percent(published)} % is published`;
  if (level !== "L2") return `${name}: other bits on the same kind of machine (${level}), ${scores}`;
  const range = interval ? ` [${percent(interval.low)}, ${percent(interval.high)}]` : "";
  return `${name}: other bits, as another kind of machine may give (L2), ${scores}, ${
    kept ? "inside" : "outside"
  } the interval of a further seed${range}`;
}

/** Runs the command; returns the exit code. `file` is a leaderboard, or a directory with one; absent: the one that comes with Podium. */
export async function verifyReference(file: string | undefined, { cells, json }: VerifyOptions): Promise<number> {
  const { leaderboard } = await openLeaderboard(file ?? decodeURIComponent(reference.pathname));
  const chosen = sampleCells(leaderboard, cells === "all" ? Infinity : cells);
  const interrupt = onInterrupt(() => console.error("stopping after the step under way."));
  let kept = 0;
  try {
    for (const cell of chosen) {
      const repetition = await repeatCell(leaderboard, cell, { signal: interrupt.signal });
      if (repetition.kept) kept++;
      console.log(json ? JSON.stringify(repetition) : lineOf(repetition));
    }
  } catch (error) {
    if (error instanceof Interruption) return exitCodes.interrupted;
    throw error;
  } finally {
    interrupt.release();
  }
  if (!json) console.log(`verify: ${kept} of ${chosen.length} cells as the reference promises`);
  return kept < chosen.length ? exitCodes.gateFailed : exitCodes.ok;
}
