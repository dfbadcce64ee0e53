/**
 * Loops that are written out in the text of a kernel.
 *
 * @module
 */

/** Text for 0 … count - 1. */
export function times(count: number, text: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => text(i)).join("\n");
}

/** Text for each pair. */
export function each(rows: number, columns: number, text: (i: number, j: number) => string): string {
  return times(rows, (i) => times(columns, (j) => text(i, j)));
}
