/**
 * JSON lines: one object a line.
 *
 * @module
 */

import { DataError } from "./data_error.ts";
import type { Row } from "./row.ts";

/** The objects of a file in JSON lines; blank lines are skipped, a byte-order mark is ignored. */
export function parseJsonLines(path: string, bytes: Uint8Array): Row[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DataError(`${path}: the file is not UTF-8 text.`, { cause: error });
  }
  const rows: Row[] = [];
  for (const [index, content] of text.split("\n").entries()) {
    if (content.trim() === "") continue;
    const where = `${path}, line ${index + 1}`;
    rows.push({ where, line: index + 1, values: parseObject(where, content) });
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
