/**
 * Sentences about names that do not exist.
 *
 * @module
 */
import { suggestion } from "../algorithms/terms/nearest.ts";

/** `unknown <kind> "<name>"; did you mean "<nearest>"?` */
export function unknown(kind: string, name: string, known: Iterable<string>): string {
  return `unknown ${kind} "${name}"${suggestion(name, [...known])}`;
}
