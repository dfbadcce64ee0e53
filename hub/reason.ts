/**
 * Why the system refused, in a part of a sentence.
 *
 * @module
 */

/** The message of an error on one line, without its full stop and the system's number. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, " ").replace(/ \(os error \d+\)/, "").replace(/\.$/, "");
}
