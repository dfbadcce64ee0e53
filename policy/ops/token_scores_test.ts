import { checkReference, close, fixed, indices, random, trained } from "./checking_test.ts";
import { entropy } from "./entropy.ts";
import { matmulTransposed } from "./op.ts";
import { tokenLogProb } from "./token_log_prob.ts";
import { tokenScores } from "./token_scores.ts";

const inputs = [
  trained("x", [4, 3], 2),
  trained("table", [7, 3], 2),
  indices([6, 0, 3, 3]),
  fixed([4], [1, 2, 0.5, 1]),
];

Deno.test("token_scores: backward of log-prob and entropy, at a temperature per row", () => {
  checkReference(tokenScores, inputs, { chunk: 64 });
});

Deno.test("token_scores: at temperature 1 what the operations of the CPU give one by one", () => {
  const [x, table] = [random("x", [4, 3], 2), random("table", [7, 3], 2)], targets = inputs[2].tensor;
  const { data } = tokenScores.forward([x, table, targets, { shape: [4], data: new Float64Array(4).fill(1) }], {
    chunk: 64,
  });
  const logits = matmulTransposed(x, table);
  close(data.filter((_, i) => i % 2 === 0), tokenLogProb.forward([logits, targets], {}).data, 1e-14);
  close(data.filter((_, i) => i % 2 === 1), entropy.forward([logits], {}).data, 1e-14);
});
