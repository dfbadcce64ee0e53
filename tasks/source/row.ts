/**
 * What every reader of a data file returns.
 *
 * @module
 */

/** A row and where it stands. */
export interface Row {
  /** For messages: `train.jsonl, line 12`. */
  readonly where: string;
  /** For ids: the line of a text file, the number of a Parquet row, from 1. */
  readonly line: number;
  /** Columns by name. */
  readonly values: Readonly<Record<string, unknown>>;
}
