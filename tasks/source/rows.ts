/**
 * Rows of data: a file in JSON lines, CSV or Parquet, by the ending of its name, or a data set on the Hugging Face hub.
 *
 * @module
 */

import { sha256 } from "../sha256.ts";
import { parseCsv } from "./csv.ts";
import { DataError } from "./data_error.ts";
import { parseJsonLines } from "./json_lines.ts";
import { parseParquet } from "./parquet.ts";
import { READABLE } from "./readable.ts";
import type { Columns, DataFile, Row } from "./row.ts";

export type { Columns, Row } from "./row.ts";

/** Which rows of a source. */
export interface ReadOptions {
  /** The split of a data set on the hub whose source names none. A file is one split already. Default `test`. */
  readonly split?: "train" | "test";
}

/** The rows of a source. */
export interface Rows {
  /** Its rows, in order. */
  readonly rows: readonly Row[];
  /** SHA-256 of the file; of several files, of their digests in order. */
  readonly digest: string;
  /** For the record: the path, or `hub:owner/name@commit:config/split`. */
  readonly source: string;
}

/**
 * Reads rows that must have `columns`; further columns are kept, unchecked.
 *
 * @param source a path, or `hub:OWNER/NAME[@REV][:CONFIG/SPLIT]`
 * @throws {DataError} if the source is missing, empty or malformed, or a row lacks a column.
 */
export async function readRows(source: string, columns: Columns, options: ReadOptions = {}): Promise<Rows> {
  if (!source.startsWith("hub:")) {
    const file = await readFile(source);
    return { rows: await rowsOf(file, columns), digest: await sha256(file.bytes), source };
  }
  // Loaded when it is used: nothing else needs its libraries.
  const { openHub } = await import("./hub.ts");
  const { files, pinned } = await openHub(source, options.split ?? "test");
  const rows: Row[] = [], digests: string[] = [];
  for (const file of files) {
    // One by one: the rows of a data set are many times its files.
    for (const row of await rowsOf(file, columns)) rows.push(row);
    digests.push(await sha256(file.bytes));
  }
  return { rows, digest: digests.length === 1 ? digests[0] : await sha256(digests.join("\n")), source: pinned };
}

/** The rows of one file, checked. */
async function rowsOf(file: DataFile, columns: Columns): Promise<Row[]> {
  const { path, bytes } = file;
  const [, text, zipped] = READABLE.exec(path) ?? [];
  if (bytes.length === 0) throw new DataError(`${path}: the file is empty.`);
  const plain = zipped ? { ...file, bytes: await unzipped(file) } : file;
  const rows = text === undefined
    ? await parseParquet(plain, columns)
    : text.toLowerCase() === "csv"
    ? parseCsv(plain, columns)
    : parseJsonLines(plain);
  if (rows.length === 0) throw new DataError(`${path}: the file has no rows.`);
  for (const row of rows) {
    for (const [column, type] of Object.entries(columns)) check(row, column, type);
  }
  return rows;
}

async function readFile(path: string): Promise<DataFile> {
  const bytes = await readBytes(path);
  if (!READABLE.test(path)) {
    throw new DataError(
      `${path}: only .jsonl, .csv (both also with .gz) and .parquet files can be read, or a data set as hub:OWNER/NAME.`,
    );
  }
  return { name: path.split(/[\\/]/).at(-1)!, path, bytes };
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

async function unzipped({ path, bytes }: DataFile): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new DataError(`${path}: the file is damaged or not gzip.`, { cause: error });
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
