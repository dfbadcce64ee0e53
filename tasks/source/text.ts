/**
 * The text of a data file.
 *
 * @module
 */

import { DataError } from "./data_error.ts";
import type { DataFile } from "./row.ts";

/** The file as text; a byte-order mark is dropped. */
export function textOf({ path, bytes }: DataFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DataError(`${path}: the file is not UTF-8 text.`, { cause: error });
  }
}
