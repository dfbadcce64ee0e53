/**
 * Why the system refused: the part of its message that a sentence of ours can hold.
 *
 * @module
 */

/** The system's reason without the call and the path around it, for example `no such file or directory`. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "not permitted";
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/[:,]\s+(mkdir|open|stat|read|write).*$/, "").replace(/ \(os error \d+\)/, "").toLowerCase();
}
