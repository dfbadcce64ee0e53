import { deepStrictEqual } from "node:assert/strict";
import { close } from "../ops/checking_test.ts";
import { entropy } from "../ops/entropy.ts";
import { logSoftmax } from "../ops/token_log_prob.ts";
import { keyOf, uniform } from "../random.ts";
import { openDistribution } from "./distribution.ts";

Deno.test("probabilities, log-probs and entropies are those of the operations, and a row's own", async () => {
  const rows = 7, width = 500, distribution = await openDistribution(1), temperatures = [0.3, 1, 2, 0, 1, 0.5, 1];
  const logits = Float32Array.from({ length: rows * width }, (_, v) => 20 * uniform(keyOf(1, "logits"), v));
  const rowOf = (row: number) => logits.slice(row * width, (row + 1) * width);
  const scaled = (row: number, temperature: number) => ({
    shape: [1, width],
    data: Float64Array.from(rowOf(row), (value) => value / temperature),
  });
  const targets = Array.from({ length: rows }, (_, row) => 60 * row);
  const probabilities = await distribution.probabilities(logits, temperatures);
  const scores = await distribution.scores(logits, targets, 0.7);
  for (let row = 0; row < rows; row++) {
    const own = probabilities.slice(row * width, (row + 1) * width);
    close(own, logSoftmax(scaled(row, temperatures[row] || 1)).data.map(Math.exp), 1e-5, `row ${row}`);
    close([scores.logProbs[row]], [logSoftmax(scaled(row, 0.7)).data[targets[row]]], 1e-6);
    close([scores.entropy[row]], entropy.forward([scaled(row, 0.7)], {}).data, 1e-5);
    deepStrictEqual(await distribution.probabilities(rowOf(row), [temperatures[row]]), own);
    deepStrictEqual(await distribution.scores(rowOf(row), [targets[row]], 0.7), {
      logProbs: scores.logProbs.slice(row, row + 1),
      entropy: scores.entropy.slice(row, row + 1),
    });
  }
  await distribution.dispose();
});
