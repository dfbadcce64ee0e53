/**
 * Names that were probably meant.
 *
 * @module
 */

/** Smallest number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => {
    const row = new Array<number>(b.length + 1).fill(0);
    row[0] = i;
    return row;
  });
  for (let j = 0; j <= b.length; j++) rows[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}

/** The known name closest to `name`, or undefined if none is close. Case, `-` and `_` do not count. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_\s]/g, "");
  let best: string | undefined, least = Infinity;
  for (const candidate of known) {
    const d = distance(plain(name), plain(candidate));
    if (d < least) [best, least] = [candidate, d];
  }
  return best !== undefined && least <= Math.max(1, Math.floor(plain(best).length / 2)) ? best : undefined;
}

/** `unknown <kind> "<name>"`, with the nearest name or else all of them: one sentence. */
export function unknown(kind: string, name: string, known: Iterable<string>): string {
  const names = [...known];
  const near = nearest(name, names);
  return `unknown ${kind} "${name}"; ` + (near ? `did you mean "${near}"?` : `known are ${names.join(", ")}.`);
}
