/**
 * Comma-separated values with a header, as RFC 4180 has them: a quoted field may hold commas and line breaks.
 *
 * @module
 */

import { type CsvError, type Info, parse } from "csv-parse/sync";
import { DataError } from "./data_error.ts";
import { type Columns, type DataFile, type Row, rowOfLine } from "./row.ts";
import { textOf } from "./text.ts";

/** A record as the library gives it with the options below. */
interface CsvRecord {
  readonly record: Record<string, string>;
  readonly info: Info;
  readonly raw: string;
}

/** What a field is written as, where a column is not text. */
const readers: Readonly<Record<string, (field: string) => unknown>> = {
  boolean: (field) => /^true$/i.test(field) ? true : /^false$/i.test(field) ? false : field,
  number: (field) => field.trim() === "" || Number.isNaN(Number(field)) ? field : Number(field),
};

/**
 * The rows of a CSV file. Fields are text, except in the `columns` that are to hold numbers or booleans; what can't be
 * read as such stays text, for the caller to refuse.
 */
export function parseCsv(file: DataFile, columns: Columns): Row[] {
  let records: CsvRecord[];
  try {
    records = parse(textOf(file), {
      columns: true,
      skip_empty_lines: true,
      record_delimiter: ["\r\n", "\n"],
      info: true,
      raw: true,
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (error instanceof DataError) throw error;
    const { message, lines } = error as CsvError & { lines?: number };
    const reason = message.replace(/\s+/g, " ").replace(/ (?:on|at) line \d+/, "").replace(/\.$/, "");
    throw new DataError(`${file.path}, line ${lines ?? 1}: not valid CSV (${reason}).`, { cause: error });
  }
  const converted = Object.entries(columns).filter(([, type]) => type !== "string");
  return records.map(({ record, info, raw }) => {
    const values: Record<string, unknown> = { ...record };
    for (const [column, type] of converted) {
      if (typeof values[column] === "string") values[column] = readers[type](values[column]);
    }
    return rowOfLine(file, firstLine(info.lines, raw), values);
  });
}

/** The line a record begins on: the library counts to its end, and puts the blank lines before it into its text. */
function firstLine(last: number, raw: string): number {
  return last - (raw.replace(/^[\r\n]+|[\r\n]+$/g, "").match(/\n/g)?.length ?? 0);
}
