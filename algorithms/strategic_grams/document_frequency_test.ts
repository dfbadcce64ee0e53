import assert from "node:assert/strict";
import { clusterDocumentFrequency } from "./document_frequency.ts";

Deno.test("a solution counts once, however often it has the cluster's n-grams, and a repeated solution too", () => {
  const clusters = { a: ["let us", "let me"], b: ["so"], ab: ["so", "let us"] };
  const solutions = ["let us, let us, let me", "so let me", "so let me", "also"];
  assert.deepEqual(clusterDocumentFrequency(solutions, clusters), { a: 2 / 3, b: 1 / 3, ab: 2 / 3 });
  assert.deepEqual(clusterDocumentFrequency([], { a: ["x"] }), { a: 0 });
});

Deno.test("an n-gram that contains another cluster's counts for both", () => {
  assert.deepEqual(clusterDocumentFrequency(["let us try"], { a: ["let us"], b: ["let us try"] }), { a: 1, b: 1 });
});
