/**
 * Repeats cells of a published leaderboard, of which only the numbers are at hand and not the records: on the kind of
 * machine it was made on every bit must be the same; elsewhere the score must lie where another seed's would.
 *
 * @module
 */
import { type Environment, environment } from "./environment.ts";
import type { Leaderboard, LeaderboardRow, SeedRow, Verified } from "./leaderboard/shape.ts";
import { Refusal } from "./outcomes.ts";
import { openParts, planSuite } from "./parts.ts";
import { readJournal } from "./records.ts";
import { type EvaluationLine, runCell } from "./run_cell.ts";
import { standardDeviation } from "./statistics/describe.ts";
import { studentQuantile } from "./statistics/student_t.ts";
import { tunedSuite } from "./sweep.ts";
import { levelOf } from "./verify.ts";

/** A seed of a leaderboard that is to be repeated. */
export interface ReferenceCell {
  /** Its task. */
  task: string;
  /** Its row. */
  row: LeaderboardRow;
  /** Its seed. */
  seed: SeedRow;
}

/** What came of repeating it. */
export interface Repetition {
  /** Task, row and seed. */
  task: string;
  label: string;
  seed: number;
  /** L0 or L1: bits were compared. L2: scores were. */
  level: Verified;
  /** Whether hash chain and weights are the same. */
  sameBits: boolean;
  /** avg@k as published. */
  published: number;
  /** avg@k now. */
  repeated: number;
  /** Where avg@k of another seed lies with 99 % probability, given the published seeds; null with fewer than two. */
  interval: { low: number; high: number } | null;
  /** Whether the repetition is what its level promises. */
  kept: boolean;
}

/**
 * `count` finished seeds of a leaderboard, spread over tasks, rows and seeds: the first of each task, then on in steps
 * that share no divisor with the number of rows, so that no row comes twice before all have come once.
 */
export function sampleCells({ boards }: Leaderboard, count: number): ReferenceCell[] {
  const lists = boards.map(({ task, rows }) => {
    const cells = rows.map((row) => row.seeds.filter(({ hash }) => hash !== null).map((seed) => ({ task, row, seed })));
    const longest = Math.max(0, ...cells.map((list) => list.length));
    // Round by round another seed of every row.
    return Array.from(
      { length: longest },
      (_, round) => cells.flatMap((list, place) => list.length > round ? [list[(round + place) % list.length]] : []),
    ).flat();
  });
  const chosen: ReferenceCell[] = [];
  for (let turn = 0; chosen.length < count && lists.some((list) => list.length > turn); turn++) {
    // Tasks take turns, each from another place of its list.
    lists.forEach((list, place) => {
      if (turn < list.length && chosen.length < count) chosen.push(list[(turn * 5 + place * 3) % list.length]);
    });
  }
  return [...new Set(chosen)];
}

/** Where another seed's score lies with 99 % probability: the prediction interval of normal scores. */
export function predictionInterval(scores: readonly number[]): { low: number; high: number } | null {
  const deviation = standardDeviation(scores), n = scores.length;
  if (deviation === null) return null;
  const center = scores.reduce((sum, score) => sum + score, 0) / n;
  const reach = studentQuantile(0.995, n - 1) * deviation * Math.sqrt(1 + 1 / n);
  return { low: center - reach, high: center + reach };
}

/** The level for a cell of any of these machines: which of them ran it is not published. */
const weakestLevel = (published: readonly Environment[], machine: Environment): Verified =>
  published.map((own) => levelOf(own, machine)).sort().at(-1)!;

/**
 * Runs a cell of a leaderboard again, below a temporary directory.
 *
 * @throws {Refusal} if this version of Podium would run another cell than the published one
 * @throws {Interruption} if `signal` stopped it
 */
export async function repeatCell(
  leaderboard: Leaderboard,
  { task, row, seed }: ReferenceCell,
  { signal, machine = environment() }: { signal?: AbortSignal; machine?: Environment } = {},
): Promise<Repetition> {
  const { backend: _backend, machines, ...published } = leaderboard.environment;
  const place = leaderboard.boards.findIndex((board) => board.task === task);
  const { tuned } = leaderboard.boards[place], suite = leaderboard.suite.tasks[place];
  const entry = suite.algorithms.filter(({ label, name }) => (label ?? name) === row.label);
  const alone = { ...suite, algorithms: entry, seeds: [seed.seed] };
  const { cells: [{ cell }] } = await planSuite(tuned ? tunedSuite(alone, tuned) : alone);
  if (cell.id !== seed.cell) {
    throw new Refusal(
      `${row.label}, seed ${seed.seed} on ${task}: this version of Podium runs cell ${cell.id} where the leaderboard ` +
        `has ${seed.cell}; verify with the version that made it (${published.podium}).`,
    );
  }
  const directory = await Deno.makeTempDir({ prefix: "podium-verify-" });
  try {
    const { hash, weights } = await runCell(cell, await openParts(cell), { directory, signal });
    const { average } = (await readJournal<EvaluationLine>(`${directory}/evaluations.jsonl`)).at(-1)!;
    const sameBits = hash === seed.hash && weights === seed.weights,
      level = weakestLevel(machines?.map((own) => own.environment) ?? [published], machine);
    const scores = row.seeds.flatMap(({ metrics: { accuracy } }) => accuracy.average ?? []);
    const interval = predictionInterval(scores);
    const within = interval === null || (interval.low <= average && average <= interval.high);
    return {
      task,
      label: row.label,
      seed: seed.seed,
      level,
      sameBits,
      published: seed.metrics.accuracy.average!,
      repeated: average,
      interval,
      kept: sameBits || (level === "L2" && within),
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
