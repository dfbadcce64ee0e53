/**
 * Layers 3 and 4 put together: Σ weight · (surrogate + β · KL), with the derivative to every log-prob, the metrics
 * that all algorithms record, and the trace that golden vectors are compared with.
 *
 * @module
 */

import type { Credited, Loss, Row } from "../algorithm.ts";
import { isChosen, zeroRows } from "./batch.ts";
import { klDivergence, type KlEstimator } from "./divergences.ts";
import { type RatioOf, tokenRatio } from "./ratios.ts";
import type { Surrogate } from "./surrogates.ts";

/** The choices that make a token-level loss. */
export interface PolicyLossOptions {
  /** Weight of each token ({@linkcode tokenWeights}). */
  weights: readonly Row[];
  /** Loss of one token. */
  surrogate: Surrogate;
  /** Default: {@linkcode tokenRatio}. */
  ratio?: RatioOf;
  /** Coefficient β of the KL to the reference inside the loss. Default 0. */
  beta?: number;
  /** Estimator of that KL. Default k3. */
  kl?: KlEstimator;
}

/**
 * Loss, gradient, metrics and trace of a batch.
 *
 * Metrics over the chosen tokens: `clipFraction` (share with the gradient cut by clipping), `ratioMean`, `ratioMax`,
 * `klOld` (k3 to the old policy) and, where reference log-probs are there, `kl` (k3 to the reference, whatever the
 * estimator in the loss, so that algorithms can be compared). Trace rows: `ratio`, `tokenLoss`, `tokenWeight`,
 * `clipped`, `tokenKl`, and for sequence ratios `sequenceRatio`, `sequenceClipped`.
 *
 * @throws {TypeError} if `beta` is positive and a response has no reference log-probs.
 * @throws {RangeError} if rows of a response differ in length.
 */
export function policyLoss(batch: readonly Credited[], options: PolicyLossOptions): Loss {
  const { weights, surrogate, ratio: ratioOf = tokenRatio, beta = 0, kl = "k3" } = options;
  const trace: Record<"ratio" | "tokenLoss" | "tokenWeight" | "clipped" | "tokenKl", Row[]> = {
    ratio: [],
    tokenLoss: zeroRows(batch),
    tokenWeight: [...weights],
    clipped: zeroRows(batch),
    tokenKl: batch.some(({ referenceLogProbs }) => referenceLogProbs) ? zeroRows(batch) : [],
  };
  const sequenceRatio: number[] = [], sequenceClipped: number[] = [];
  const gradient = zeroRows(batch), allSlopes = zeroRows(batch);
  let loss = 0, tokens = 0, clippedTokens = 0, ratioSum = 0, ratioMax = 0, klSum = 0, klOldSum = 0;
  let referenced = batch.length > 0;
  // A loop and not forEach: sums that a closure changes are put on the heap with every addition.
  for (const [i, response] of batch.entries()) {
    const { logProbs, oldLogProbs, referenceLogProbs, advantages } = response;
    const length = logProbs.length;
    if (oldLogProbs.length !== length || advantages.length !== length) {
      throw new RangeError(
        `Response ${i} has ${length} log-probs, ${oldLogProbs.length} old ones and ${advantages.length} advantages; ` +
          "give one of each per token",
      );
    }
    if (beta > 0 && !referenceLogProbs) {
      throw new TypeError(`Response ${i} has no referenceLogProbs; they are needed because beta is ${beta}`);
    }
    if (!referenceLogProbs) referenced = false;
    const ratio = ratioOf(response);
    const tokenLoss = trace.tokenLoss[i], clipped = trace.clipped[i], tokenKl = trace.tokenKl[i];
    const slopes = allSlopes[i], total = gradient[i];
    for (let t = 0; t < length; t++) {
      if (!isChosen(response, t)) continue;
      const logProb = logProbs[t], oldLogProb = oldLogProbs[t], weight = weights[i][t];
      const part = surrogate({
        logProb,
        oldLogProb,
        ratio: ratio.values[t],
        advantage: advantages[t],
        response: i,
        position: t,
      });
      tokenLoss[t] = part.loss;
      // A response that is masked out must not spread a non-finite number: 0 times infinity is not 0.
      slopes[t] = weight === 0 ? 0 : weight * part.slope;
      clipped[t] = part.clipped ? 1 : 0;
      if (referenceLogProbs) {
        const divergence = klDivergence(kl, logProb, referenceLogProbs[t], oldLogProb);
        tokenKl[t] = divergence.value;
        if (beta > 0) {
          tokenLoss[t] += beta * divergence.value;
          total[t] = weight === 0 ? 0 : weight * beta * divergence.derivative;
        }
        klSum += klDivergence("k3", logProb, referenceLogProbs[t], oldLogProb).value;
      }
      klOldSum += klDivergence("k3", logProb, oldLogProb, oldLogProb).value;
      tokens++;
      clippedTokens += clipped[t];
      ratioSum += ratio.values[t];
      ratioMax = Math.max(ratioMax, ratio.values[t]);
      if (weight !== 0) loss += weight * tokenLoss[t];
    }
    const back = ratio.backward(slopes);
    for (let t = 0; t < length; t++) total[t] += back[t];
    trace.ratio.push(ratio.values);
    if (ratio.sequence !== undefined) {
      sequenceRatio.push(ratio.sequence);
      sequenceClipped.push(clipped.some((value) => value === 1) ? 1 : 0);
    }
  }
  const share = (sum: number, empty: number) => tokens === 0 ? empty : sum / tokens;
  const { tokenKl, ...rest } = trace;
  return {
    loss,
    gradient,
    metrics: {
      clipFraction: share(clippedTokens, 0),
      ratioMean: share(ratioSum, 1),
      ratioMax: tokens === 0 ? 1 : ratioMax,
      klOld: share(klOldSum, 0),
      ...(referenced ? { kl: share(klSum, 0) } : {}),
    },
    trace: {
      ...rest,
      ...(referenced ? { tokenKl } : {}),
      ...(sequenceRatio.length > 0
        ? { sequenceRatio: Float64Array.from(sequenceRatio), sequenceClipped: Float64Array.from(sequenceClipped) }
        : {}),
    },
  };
}
