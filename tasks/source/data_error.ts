/**
 * What is wrong with a data file.
 *
 * @module
 */

/** A data file that can't be used; the message is one sentence with file, line and reason. */
export class DataError extends Error {
  /** Name shown in stack traces. */
  override readonly name = "DataError";
}
