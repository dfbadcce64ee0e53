/**
 * The name somebody probably meant.
 *
 * @module
 */

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replace = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}

/**
 * The known name nearest to `name`, ignoring case and separators; a name that contains the other counts as near.
 * `undefined` if nothing is known.
 *
 * ```ts
 * import { nearestName } from "@podium/rl/algorithms";
 *
 * if (nearestName("Dr-GPRO", ["grpo", "dr_grpo", "rloo"]) !== "dr_grpo") throw new Error("unexpected");
 * ```
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9+]/g, "");
  const wanted = plain(name);
  const distance = (candidate: string) => {
    const other = plain(candidate);
    const contains = wanted.length > 2 && other.length > 2 && (other.includes(wanted) || wanted.includes(other));
    return contains ? Math.min(1, editDistance(wanted, other)) : editDistance(wanted, other);
  };
  let best: string | undefined, least = Infinity;
  for (const candidate of known) {
    const edits = distance(candidate);
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/** `; did you mean "x"?`, or nothing if nothing is known. For the end of an error sentence. */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}
