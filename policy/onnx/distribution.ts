/**
 * Probabilities of a row of logits, in float64 and outside the graph, which is someone else's.
 *
 * @module
 */
import { logSoftmax } from "../ops/token_log_prob.ts";

/** Natural log-probs of all tokens at a temperature. */
export function logProbsOf(logits: ArrayLike<number>, temperature: number): Float64Array {
  const data = new Float64Array(logits.length);
  for (let v = 0; v < data.length; v++) data[v] = logits[v] / temperature;
  return logSoftmax({ shape: [1, data.length], data }).data;
}

/** Probabilities of all tokens at a temperature; at 0, where the most likely one is taken, those at 1. */
export function probabilitiesOf(logits: ArrayLike<number>, temperature: number): Float32Array {
  const logProbs = logProbsOf(logits, temperature || 1), out = new Float32Array(logProbs.length);
  for (let v = 0; v < out.length; v++) out[v] = Math.exp(logProbs[v]);
  return out;
}

/** Entropy in nats of log-probs. */
export function entropyOf(logProbs: Float64Array): number {
  let sum = 0;
  // What is impossible adds nothing; -Infinity times 0 is no number.
  for (const value of logProbs) if (value > -Infinity) sum -= Math.exp(value) * value;
  return sum;
}
