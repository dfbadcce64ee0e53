/**
 * Row-wise softmax at a temperature per row: `y[i] = softmax(logits[i] · inverseTemperature[i])`. Decoding only.
 *
 * @module
 */
import type { Op } from "./op.ts";
import { logSoftmax } from "./token_log_prob.ts";

/** Inputs: logits [B, V], inverse temperature [B, 1]. Output [B, V]. */
export const softmax: Op<Record<string, never>> = {
  name: "softmax",
  shape: ([logits]) => logits,
  forward([logits, inverseTemperature]) {
    const width = logits.shape[1];
    const data = logits.data.map((value, i) => value * inverseTemperature.data[Math.floor(i / width)]);
    return { shape: logits.shape, data: logSoftmax({ shape: logits.shape, data }).data.map(Math.exp) };
  },
  lower(graph, [logits, inverseTemperature]) {
    return { output: graph.node("Softmax", [graph.node("Mul", [logits, inverseTemperature])], { axis: -1 }) };
  },
};
