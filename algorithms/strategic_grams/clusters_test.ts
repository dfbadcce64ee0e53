import assert from "node:assert/strict";
import fc from "fast-check";
import { clusterBySimilarity } from "./clusters.ts";
import type { Similarity } from "./similarity.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

/** The definition: merge the most similar pair of clusters, by the mean over all pairs of members, while it is enough. */
function mergingTheNearest(count: number, similarity: Similarity, threshold: number): number[][] {
  const clusters = Array.from({ length: count }, (_, i) => [i]);
  while (true) {
    let best = -Infinity, pair = [0, 0];
    for (let a = 0; a < clusters.length; a++) {
      for (let b = a + 1; b < clusters.length; b++) {
        const all = clusters[a].flatMap((i) => clusters[b].map((j) => similarity(i, j)));
        const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
        if (mean > best) [best, pair] = [mean, [a, b]];
      }
    }
    if (!(best >= threshold)) return clusters.map((own) => own.sort((a, b) => a - b)).sort((a, b) => a[0] - b[0]);
    clusters[pair[0]].push(...clusters[pair[1]]);
    clusters.splice(pair[1], 1);
  }
}

Deno.test("clusterBySimilarity() gives what merging the nearest pair gives", () => {
  fc.assert(
    fc.property(fc.nat(12), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1e6), (count, threshold, salt) => {
      const similarity = (a: number, b: number) => {
        const x = Math.sin(12.9898 * (Math.min(a, b) + 1) + 78.233 * (Math.max(a, b) + 1) + salt) * 43758.5453;
        return x - Math.floor(x);
      };
      assert.deepEqual(
        clusterBySimilarity(count, similarity, threshold),
        mergingTheNearest(count, similarity, threshold),
      );
    }),
    { numRuns: 300, seed: 1 },
  );
});

Deno.test("clusterBySimilarity() merges at the threshold and not below, and ends with equal similarities", () => {
  assert.deepEqual(clusterBySimilarity(3, () => 0.5, 0.5), [[0, 1, 2]]);
  assert.deepEqual(clusterBySimilarity(3, () => 0.5, 0.51), [[0], [1], [2]]);
  assert.deepEqual(clusterBySimilarity(0, () => 1, 0.5), []);
  assert.deepEqual(clusterBySimilarity(3, (a, b) => a + b === 2 ? 1 : 0, 0.5), [[0, 2], [1]]);
});
