/**
 * Parquet, as the Hugging Face hub serves it.
 *
 * @module
 */

import { type FileMetaData, parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { DataError } from "./data_error.ts";
import type { Row } from "./row.ts";

/** The rows of a Parquet file that must have `columns`. */
export async function parseParquet(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  columns: readonly string[],
): Promise<Row[]> {
  const file = bytes.buffer;
  let metadata: FileMetaData;
  let rows: Record<string, unknown>[];
  try {
    metadata = parquetMetadata(file);
    const there = parquetSchema(metadata).children.map((child) => child.element.name);
    const absent = columns.find((column) => !there.includes(column));
    if (absent) throw new DataError(`${path}: the column "${absent}" is missing (there: ${there.join(", ")}).`);
    rows = await parquetReadObjects({ file, metadata, compressors });
  } catch (error) {
    if (error instanceof DataError) throw error;
    const reason = (error as Error).message.replace(/\s+/g, " ").replace(/\.$/, "");
    throw new DataError(`${path}: the file is damaged or not Parquet (${reason}).`, { cause: error });
  }
  return rows.map((values, index) => ({ where: `${path}, row ${index + 1}`, line: index + 1, values }));
}
