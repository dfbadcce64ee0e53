/**
 * A leaderboard as comma-separated values (RFC 4180): one row per task, algorithm and seed, with everything that was
 * measured. Empty where there is no number.
 *
 * @module
 */
import type { Leaderboard, LeaderboardRow, SeedRow } from "../leaderboard/shape.ts";
import { flattened } from "./history.ts";

type Field = string | number | null;

/** A field, in quotes where it holds what separates fields and records. */
function fieldText(value: Field): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Records as text; every line ends with CRLF, as the RFC has it. */
export function csvText(records: readonly (readonly Field[])[]): string {
  return records.map((record) => record.map(fieldText).join(",") + "\r\n").join("");
}

/** What a seed is, before its numbers. */
function identityOf(task: string, row: LeaderboardRow, seed: SeedRow): Record<string, Field> {
  return {
    task,
    label: row.label,
    algorithm: row.algorithm,
    options: JSON.stringify(row.options),
    learningRate: row.learningRate,
    seed: seed.seed,
    cell: seed.cell,
    hash: seed.hash,
    weights: seed.weights,
    verified: seed.verified,
    failedGate: seed.failure?.gate ?? null,
    failedStep: seed.failure?.step ?? null,
  };
}

/** The leaderboard, the policy before training included; tasks differ in reward channels, so some columns have gaps. */
export function leaderboardCsv({ boards }: Leaderboard): string {
  const rows = boards.flatMap(({ task, base, rows }) =>
    [base, ...rows].flatMap((row) =>
      row.seeds.map((seed) => ({
        ...identityOf(task, row, seed),
        ...Object.fromEntries(
          Object.entries(seed.metrics).flatMap(([name, value]) => flattened(value, name, ".")),
        ),
      } as Record<string, Field>))
    )
  );
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return csvText([columns, ...rows.map((row) => columns.map((name) => row[name] ?? null))]);
}
