/**
 * A run in the formats of other tools.
 *
 * @module
 */
import type { Cell } from "../cell.ts";
import type { OpenedLeaderboard } from "../leaderboard/open.ts";
import { leaderboardMarkdown } from "../leaderboard/markdown.ts";
import type { Leaderboard } from "../leaderboard/shape.ts";
import { Refusal } from "../outcomes.ts";
import { readChain, readJournal, readJson } from "../records.ts";
import type { EvaluationLine, StepLine, TimingLine } from "../run_cell.ts";
import { leaderboardCsv } from "./csv.ts";
import { type HistoryLine, historyOf } from "./history.ts";
import { leaderboardLatex } from "./latex.ts";
import { eventFile, eventsOf } from "./tensorboard.ts";
import { historyText, runText } from "./wandb.ts";

/** Formats of one text, made from the leaderboard alone. */
export const textFormats: Readonly<Record<string, (leaderboard: Leaderboard) => string>> = {
  csv: leaderboardCsv,
  latex: leaderboardLatex,
  markdown: (leaderboard) => leaderboardMarkdown(leaderboard) + "\n",
};

/** A cell and its place in the leaderboard. */
interface RecordedCell {
  label: string;
  cell: Cell;
  history: HistoryLine[];
}

/** Formats of a directory per cell, made from the records: files by name. */
export const recordFormats: Readonly<
  Record<string, (suite: string, recorded: RecordedCell) => Record<string, string | Uint8Array>>
> = {
  jsonl: (suite, { label, cell, history }) => ({
    "run.json": runText(suite, label, cell),
    "history.jsonl": historyText(history),
  }),
  tensorboard: (_suite, { history }) => ({ [eventFile]: eventsOf(history) }),
};

/** A label as the name of a directory; two labels never have the same. */
function directoryName(label: string): string {
  return encodeURIComponent(label).replace(/^\.+/, (dots) => "%2E".repeat(dots.length));
}

/** The record of a cell below a directory; null if it was never begun. */
async function readRecorded(label: string, directory: string): Promise<RecordedCell | null> {
  const cell = await readJson<Cell>(`${directory}/cell.json`);
  if (!cell) return null;
  const { steps, evaluations } = await readChain<StepLine, EvaluationLine>(directory, cell);
  const timing = await readJournal<TimingLine>(`${directory}/timing.jsonl`);
  return { label, cell, history: historyOf(steps, evaluations, timing) };
}

/**
 * Writes every recorded cell of a run below `out`, as `TASK/LABEL/seed-SEED/`.
 *
 * @returns number of cells
 * @throws {Refusal} if there are no records beside the leaderboard.
 */
export async function exportRecords(
  { leaderboard: { suite, boards }, directory }: OpenedLeaderboard,
  format: string,
  out: string,
): Promise<number> {
  let cells = 0;
  for (const { task, rows } of boards) {
    for (const { label, seeds } of rows) {
      for (const { seed, cell } of seeds) {
        const recorded = await readRecorded(label, `${directory}/${cell}`);
        if (!recorded) continue;
        const path = `${out}/${task}/${directoryName(label)}/seed-${seed}`;
        await Deno.mkdir(path, { recursive: true });
        for (const [name, content] of Object.entries(recordFormats[format](suite.name, recorded))) {
          if (typeof content === "string") await Deno.writeTextFile(`${path}/${name}`, content);
          else await Deno.writeFile(`${path}/${name}`, content);
        }
        cells++;
      }
    }
  }
  if (cells === 0) {
    throw new Refusal(`${directory}: holds no records of the leaderboard's cells; give the directory of a run.`);
  }
  return cells;
}
