/**
 * Cluster document frequency: how many solutions use a kind of phrase at all, however often each repeats it
 * (arXiv 2509.03646). What many different solutions share is strategy; what few share is their subject.
 *
 * @module
 */

import { compileGrams } from "./matcher.ts";

/**
 * For each cluster of n-grams, the share of distinct solutions that contain at least one of them; 0 of no solutions.
 *
 * @throws {RangeError} for an n-gram that can never be found ({@linkcode compileGrams}).
 */
export function clusterDocumentFrequency(
  solutions: readonly string[],
  clusters: Readonly<Record<string, readonly string[]>>,
): Record<string, number> {
  const distinct = [...new Set(solutions)];
  return Object.fromEntries(
    Object.entries(clusters).map(([name, grams]) => {
      const matcher = compileGrams(grams);
      const containing = distinct.filter((solution) => matcher.find(solution).length > 0).length;
      return [name, distinct.length === 0 ? 0 : containing / distinct.length];
    }),
  );
}
