/**
 * JSON lines: one object a line.
 *
 * @module
 */

import { DataError } from "./data_error.ts";
import { type DataFile, type Row, rowOfLine } from "./row.ts";
import { textOf } from "./text.ts";

/** The objects of a file in JSON lines; blank lines are skipped, a byte-order mark is ignored. */
export function parseJsonLines(file: DataFile): Row[] {
  const rows: Row[] = [];
  for (const [index, content] of textOf(file).split("\n").entries()) {
    if (content.trim() === "") continue;
    const line = index + 1;
    rows.push(rowOfLine(file, line, parseObject(`${file.path}, line ${line}`, content)));
  }
  return rows;
}

function parseObject(where: string, content: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, " ").replace(/\.$/, "");
    throw new DataError(`${where}: not valid JSON (${reason}).`, { cause: error });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new DataError(`${where}: a JSON object is expected, one a line.`);
  }
  return value as Record<string, unknown>;
}
