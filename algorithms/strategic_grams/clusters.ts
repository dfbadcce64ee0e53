/**
 * Agglomerative clustering with average linkage: the two most similar clusters are merged until none are as similar as
 * a threshold. Needs no number of clusters, which the paper does not give, and no random start.
 *
 * @module
 */

import type { Similarity } from "./similarity.ts";

/**
 * Clusters of the items 0 to `count` − 1, each in ascending order, by their first item.
 *
 * Found by nearest-neighbour chains in quadratic time (Benzécri 1982), which gives the same clusters as always merging
 * the most similar pair. Equally similar neighbours are taken by index: sort the items for a result that does not
 * depend on their order.
 *
 * @param threshold least mean similarity between the members of two clusters that are merged
 */
export function clusterBySimilarity(count: number, similarity: Similarity, threshold: number): number[][] {
  const matrix = Array.from({ length: count }, () => new Float64Array(count));
  for (let a = 0; a < count; a++) for (let b = 0; b < a; b++) matrix[a][b] = matrix[b][a] = similarity(a, b);
  const members: number[][] = Array.from({ length: count }, (_, i) => [i]);
  const open = new Set(members.keys());
  const chain: number[] = [];
  while (open.size > 0) {
    if (chain.length === 0) chain.push(open.values().next().value!);
    const top = chain[chain.length - 1], before = chain[chain.length - 2];
    let nearest = before, most = before === undefined ? -Infinity : matrix[top][before];
    for (const other of open) {
      if (other !== top && matrix[top][other] > most) [nearest, most] = [other, matrix[top][other]];
    }
    if (nearest === undefined || most < threshold) {
      // Merging others can't bring them nearer than the nearest is now.
      open.delete(top);
      chain.pop();
    } else if (nearest !== before) {
      chain.push(nearest);
    } else {
      chain.splice(-2);
      const [into, from] = [Math.min(top, before), Math.max(top, before)];
      const own = members[into].length, added = members[from].length;
      open.delete(from);
      for (const other of open) {
        const mean = (own * matrix[into][other] + added * matrix[from][other]) / (own + added);
        matrix[into][other] = matrix[other][into] = mean;
      }
      members[into].push(...members[from]);
      members[from] = [];
    }
  }
  return members.filter((own) => own.length > 0).map((own) => own.sort((a, b) => a - b)).sort((a, b) => a[0] - b[0]);
}
