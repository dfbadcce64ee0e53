import assert from "node:assert/strict";
import { aggregations, tokenWeights } from "./aggregation.ts";

const batch = [3, 2, 1, 4].map((length, i) => ({
  group: i < 3 ? 0 : 1,
  truncated: i === 1,
  logProbs: new Float64Array(length),
}));
const first = (options: Parameters<typeof tokenWeights>[1]) => tokenWeights(batch, options).map((row) => row[0]);

Deno.test("tokenWeights() weighs as each name says", () => {
  assert.deepEqual(first({ aggregation: "token_mean" }), [0.1, 0.1, 0.1, 0.1]);
  assert.deepEqual(first({ aggregation: "token_mean_per_group" }), [1 / 12, 1 / 12, 1 / 12, 1 / 8]);
  assert.deepEqual(first({ aggregation: "token_sum" }), [1, 1, 1, 1]);
  assert.deepEqual(first({ aggregation: "seq_mean_token_mean" }), [1 / 12, 1 / 8, 1 / 4, 1 / 16]);
  assert.deepEqual(first({ aggregation: "seq_mean_token_sum" }), [1 / 4, 1 / 4, 1 / 4, 1 / 4]);
  assert.deepEqual(first({ aggregation: "seq_mean_token_sum_norm", maxLength: 5 }), [0.05, 0.05, 0.05, 0.05]);
});

Deno.test("a masked response leaves token counts but not the number of responses", () => {
  assert.deepEqual(first({ aggregation: "token_mean", maskTruncated: true }), [1 / 8, 0, 1 / 8, 1 / 8]);
  const alive = [true, false, true, true];
  assert.deepEqual(first({ aggregation: "seq_mean_token_mean", alive }), [1 / 12, 0, 1 / 4, 1 / 16]);
});

Deno.test("tool tokens have weight 0 and do not count as length", () => {
  const response = { group: 0, truncated: false, logProbs: new Float64Array(3), mask: [1, 0, 1] };
  assert.deepEqual([...tokenWeights([response], { aggregation: "token_mean" })[0]], [0.5, 0, 0.5]);
});

Deno.test("a batch without living tokens has weights 0, not NaN", () => {
  for (const aggregation of aggregations) {
    const rows = tokenWeights(batch, { aggregation, maxLength: 5, alive: [false, false, false, false] });
    assert.ok(rows.every((row) => row.every((weight) => weight === 0)));
  }
});

Deno.test("seq_mean_token_sum_norm asks for a constant", () => {
  assert.throws(() => first({ aggregation: "seq_mean_token_sum_norm" }), /needs maxLength, or a budget/);
});
