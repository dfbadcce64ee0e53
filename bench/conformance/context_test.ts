/** The labels of this family on other inputs, worked out by hand. */

import assert from "node:assert/strict";
import { checkGolden } from "./conformance.ts";

function status(algorithm: string, inputs: object, expected: object): string {
  const [outcome] = checkGolden(JSON.stringify({ cases: [{ id: "x", algorithm, inputs, expected }] })).cases;
  return outcome.status;
}

Deno.test("other numbers: GEPA", () => {
  // Fronts: {0, 2}, {1, 2}, {0, 3}. Means 0.5, 0.4, 0.6, 0.3. Candidate 3 goes, as 0 stands beside it; then 1, as 2
  // stands beside it; then 0 is alone in the third front, and 2 alone in the second.
  const scores = [[0.9, 0, 0.6], [0.1, 0.9, 0.2], [0.9, 0.9, 0], [0.2, 0.1, 0.6]];
  const expected = {
    aggregate: [0.5, 0.4, 0.6, 0.3],
    fronts: { "0": [0, 2], "1": [1, 2], "2": [0, 3] },
    removal_order: [3, 1],
    survivors: [0, 2],
    reduced_fronts: { "0": [0, 2], "1": [2], "2": [0] },
    sampling_probability: { "0": 0.5, "2": 0.5 },
    // Nobody is at least as good as another everywhere.
    literal_domination_survivors: [0, 1, 2, 3],
    literal_domination_probability: { "0": 2 / 6, "1": 1 / 6, "2": 2 / 6, "3": 1 / 6 },
  };
  assert.equal(status("GEPA", { scores }, expected), "passed");
  assert.equal(status("GEPA", { scores }, { ...expected, removal_order: [1, 3] }), "failed");
  assert.equal(status("GEPA", { scores: [...scores, [1, 1, 1]] }, expected), "failed");
});

Deno.test("other operations: Training-Free GRPO", () => {
  const library = { G0: "one", G1: "two" };
  const plan = [
    { operation: "DELETE", id: "G0" },
    { operation: "UPDATE", id: "G5", content: "five" },
    { operation: "ADD", content: "three" },
    { operation: "DELETE", id: "G1", content: "out" },
  ];
  const expected = {
    code_main_branch: { G0: "one", G1: "five", G2: "three" },
    strict_semantics: { G0: "three" },
  };
  assert.equal(status("Training-Free GRPO", { library, plan }, expected), "passed");
  assert.equal(status("Training-Free GRPO", { library, plan: plan.slice(1) }, expected), "failed");
});
