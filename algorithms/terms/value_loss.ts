/**
 * The critic's loss: squared distance between value and return, with an optional clip.
 *
 * @module
 */

import type { Credited, Loss, Row } from "../algorithm.ts";
import { standardDeviation } from "./statistics.ts";

/** Result of {@linkcode valueLoss}. */
export interface ValueLoss {
  /** Half the weighted mean of the squared distances. */
  loss: number;
  /** d loss / d value, one row per response; 0 where the weight is 0. */
  slopes: Row[];
  /** Share of tokens whose slope the clip set to 0. */
  clipFraction: number;
  /** `1 − Var(return − value) / Var(return)`: 1 is a perfect critic, 0 no better than a constant; 0 if returns are equal. */
  explainedVariance: number;
}

/**
 * `½ Σ weight · max((V − R)², (clip(V, V_old ± clip) − R)²)` (arXiv 1707.06347 eq. 9, whose code adds the clip;
 * arXiv 1909.08593, TRL, verl). `clip` `null`: the plain square.
 *
 * Where the clipped square is the larger one, the slope is 0: a critic that starts far off learns only within the
 * band of each rollout batch.
 *
 * @throws {TypeError} if a response with weights has no values, old values (where they are needed) or returns.
 */
export function valueLoss(batch: readonly Credited[], weights: readonly Row[], clip: number | null): ValueLoss {
  let loss = 0, tokens = 0, clipped = 0;
  const errors: number[] = [], targets: number[] = [];
  const slopes = batch.map(({ values, oldValues, returns }, i) =>
    weights[i].map((weight, t) => {
      if (weight === 0) return 0;
      if (!values || !returns || (clip !== null && !oldValues)) {
        throw new TypeError(
          `Response ${i} lacks ${
            !returns ? "returns" : !values ? "values" : "oldValues"
          }, which the value loss needs; ` +
            "run with a critic and pass on what credit() returned",
        );
      }
      const error = values[t] - returns[t];
      const bounded = clip === null
        ? error
        : Math.min(Math.max(values[t], oldValues![t] - clip), oldValues![t] + clip) - returns[t];
      const cut = bounded * bounded > error * error;
      loss += weight * (cut ? bounded * bounded : error * error) / 2;
      tokens++;
      if (cut) clipped++;
      errors.push(error);
      targets.push(returns[t]);
      return cut ? 0 : weight * error;
    })
  );
  const total = variance(targets);
  return {
    loss,
    slopes,
    clipFraction: tokens === 0 ? 0 : clipped / tokens,
    explainedVariance: total === 0 ? 0 : 1 - variance(errors) / total,
  };
}

/**
 * A policy's loss plus `vfCoef` times the critic's. Metrics `policyLoss`, `valueLoss` (without the coefficient),
 * `valueClipFraction`, `explainedVariance`; trace rows `valueSlope`: d value loss / d value, without the coefficient.
 */
export function withValueLoss(policy: Loss, critic: ValueLoss, vfCoef: number): Loss {
  return {
    loss: policy.loss + vfCoef * critic.loss,
    gradient: policy.gradient,
    valueGradient: critic.slopes.map((row) => row.map((slope) => vfCoef * slope)),
    metrics: {
      ...policy.metrics,
      policyLoss: policy.loss,
      valueLoss: critic.loss,
      valueClipFraction: critic.clipFraction,
      explainedVariance: critic.explainedVariance,
    },
    trace: { ...policy.trace, valueSlope: critic.slopes },
  };
}

const variance = (values: readonly number[]) => standardDeviation(values, 0) ** 2;
