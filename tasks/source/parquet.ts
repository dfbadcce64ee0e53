/**
 * Parquet, as the Hugging Face hub serves it.
 *
 * @module
 */

import { type FileMetaData, parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { DataError } from "./data_error.ts";
import type { Columns, DataFile, Row } from "./row.ts";

/** The rows of a Parquet file that must have `columns`. */
export async function parseParquet({ name, path, bytes }: DataFile, columns: Columns): Promise<Row[]> {
  const file = bytes.buffer;
  let metadata: FileMetaData;
  let rows: Record<string, unknown>[];
  try {
    metadata = parquetMetadata(file);
    const there = parquetSchema(metadata).children.map((child) => child.element.name);
    const absent = Object.keys(columns).find((column) => !there.includes(column));
    if (absent) throw new DataError(`${path}: the column "${absent}" is missing (there: ${there.join(", ")}).`);
    rows = await parquetReadObjects({ file, metadata, compressors });
  } catch (error) {
    if (error instanceof DataError) throw error;
    const reason = (error as Error).message.replace(/\s+/g, " ").replace(/\.$/, "");
    throw new DataError(`${path}: the file is damaged or not Parquet (${reason}).`, { cause: error });
  }
  return rows.map((row, index) => {
    const line = index + 1;
    return { id: `${name}:${line}`, where: `${path}, row ${line}`, line, values: plain(row) as Row["values"] };
  });
}

/** 64-bit integers as numbers, so that a row is what the same row would be in JSON; beyond 2^53 they stay as they are. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return BigInt.asIntN(54, value) === value ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
