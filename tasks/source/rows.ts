/**
 * Rows of a data file: JSON lines or Parquet, by the ending of its name.
 *
 * @module
 */

import { sha256 } from "../sha256.ts";
import { DataError } from "./data_error.ts";
import { parseJsonLines } from "./json_lines.ts";
import { parseParquet } from "./parquet.ts";
import type { Row } from "./row.ts";

/** What a column holds, by name. */
export type Columns = Readonly<Record<string, "string" | "boolean" | "number">>;

/** The rows of a file and its digest. */
export interface Rows {
  readonly rows: readonly Row[];
  /** SHA-256 of the file. */
  readonly digest: string;
}

/**
 * Reads a file whose rows must have `columns`; further columns are kept, unchecked.
 *
 * @throws {DataError} if the file is missing, empty or malformed, or a row lacks a column.
 */
export async function readRows(path: string, columns: Columns): Promise<Rows> {
  const ending = /\.(jsonl|ndjson|parquet)$/i.exec(path)?.[1].toLowerCase();
  const bytes = await readBytes(path);
  if (!ending) throw new DataError(`${path}: only .jsonl and .parquet files can be read.`);
  if (bytes.length === 0) throw new DataError(`${path}: the file is empty.`);
  const rows = ending === "parquet"
    ? await parseParquet(path, bytes, Object.keys(columns))
    : parseJsonLines(path, bytes);
  if (rows.length === 0) throw new DataError(`${path}: the file has no rows.`);
  for (const row of rows) {
    for (const [column, type] of Object.entries(columns)) check(row, column, type);
  }
  return { rows, digest: await sha256(bytes) };
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.IsADirectory
      ? "it is a directory; name one of its files"
      : `it can't be read (${(error as Error).message.replace(/\s+/g, " ")})`;
    throw new DataError(`${path}: ${reason}.`, { cause: error });
  }
}

function check({ where, values }: Row, column: string, type: string): void {
  const value = values[column];
  if (value === undefined) {
    throw new DataError(
      `${where}: the column "${column}" is missing (there: ${Object.keys(values).join(", ") || "none"}).`,
    );
  }
  const found = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  if (found !== `a ${type}`) throw new DataError(`${where}: the column "${column}" is ${found}, not a ${type}.`);
}
