/**
 * What every reader of a data file returns.
 *
 * @module
 */

/** A row and where it stands. */
export interface Row {
  /** Name of the row within its source: `train.jsonl:12`. */
  readonly id: string;
  /** For messages: `data/train.jsonl, line 12`. */
  readonly where: string;
  /** The line of a text file, the number of a Parquet row, from 1. */
  readonly line: number;
  /** Columns by name. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a column holds, by name. */
export type Columns = Readonly<Record<string, "string" | "boolean" | "number">>;

/** A file that is read: its name for ids, its path for messages. */
export interface DataFile {
  /** Begins the id of each row: `train.jsonl`. */
  readonly name: string;
  /** Begins every message: `data/train.jsonl`. */
  readonly path: string;
  /** What it holds. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The row on a line of a text file. */
export function rowOfLine({ name, path }: DataFile, line: number, values: Row["values"]): Row {
  return { id: `${name}:${line}`, where: `${path}, line ${line}`, line, values };
}
