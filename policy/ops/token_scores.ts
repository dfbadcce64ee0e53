/**
 * The head of a language model in one operation: unembedding, softmax at a temperature, log-prob of the token that was
 * drawn, and entropy: with `z = (x · tableᵀ) · inverseTemperature`, `y[i] = (log p[target], -Σ_v p log p)`.
 *
 * For the GPU: the logits of a large vocabulary would take more memory than all else, so they are computed in chunks
 * of the vocabulary, which update a running softmax, and once more in the backward. The chunks depend on nothing but
 * the vocabulary, so a row has the same bits wherever it is scored. (On the CPU: `linear`, `tokenLogProb`, `entropy`.)
 *
 * @module
 */
import { planTokenScores, planTokenScoresBackward } from "../webgpu/kernels/token_scores.ts";
import { matmulTransposed, type Op, type Tensor, zeros } from "./op.ts";
import { logSoftmax } from "./token_log_prob.ts";

/** Most rows of the table whose logits are held at once; a multiple of 64. */
export interface TokenScoresAttributes {
  chunk: number;
}

/** Inputs: x [M, D], table [V, D], targets [M] (ids), inverse temperature [M]. Output [M, 2]: log-prob and entropy. */
export const tokenScores: Op<TokenScoresAttributes> = {
  name: "token_scores",
  shape: ([x]) => [x[0], 2],
  forward([x, table, targets, inverse]) {
    const [rows] = x.shape, width = table.shape[0], log = logProbs(x, table, inverse), out = zeros([rows, 2]);
    for (let i = 0; i < rows; i++) {
      out.data[2 * i] = log.data[i * width + targets.data[i]];
      for (const value of log.data.subarray(i * width, (i + 1) * width)) out.data[2 * i + 1] -= Math.exp(value) * value;
    }
    return out;
  },
  backward([x, table, targets, inverse], output, gradient) {
    const [rows, width] = x.shape, size = table.shape[0], log = logProbs(x, table, inverse);
    const dx = zeros(x.shape), dtable = zeros(table.shape);
    for (let i = 0; i < rows; i++) {
      for (let v = 0; v < size; v++) {
        const logProb = log.data[i * size + v], probability = Math.exp(logProb);
        const one = v === targets.data[i] ? 1 : 0;
        const dlogit = inverse.data[i] * (gradient.data[2 * i] * (one - probability) -
          gradient.data[2 * i + 1] * probability * (logProb + output.data[2 * i + 1]));
        for (let c = 0; c < width; c++) {
          dx.data[i * width + c] += dlogit * table.data[v * width + c];
          dtable.data[v * width + c] += dlogit * x.data[i * width + c];
        }
      }
    }
    return [dx, dtable, null, null];
  },
  wgsl: planTokenScores,
  wgslBackward: planTokenScoresBackward,
};

function logProbs(x: Tensor, table: Tensor, inverse: Tensor): Tensor {
  const logits = matmulTransposed(x, table), width = table.shape[0];
  return logSoftmax({ shape: logits.shape, data: logits.data.map((z, i) => z * inverse.data[Math.floor(i / width)]) });
}
