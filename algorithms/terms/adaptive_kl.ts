/**
 * KL to the reference inside the reward, with a coefficient that is fixed or follows a target.
 *
 * @module
 */

import { above, atLeast, orNull, type Resolved, type Specs } from "./options.ts";
import type { LossKlOptions } from "./shared_options.ts";

/** Target and speed of {@linkcode adaptKlCoefficient}. */
export interface KlTarget {
  /** KL per response that the coefficient steers to, in nats. */
  klTarget: number;
  /** Responses over which the coefficient may change by at most 20 %. */
  klHorizon: number;
}

/**
 * The next coefficient: `β (1 + clip(kl / target − 1, ±0.2) · responses / horizon)` (arXiv 1909.08593 §2.2, which has a
 * gain of 0.1 for the quotient; the quotient is from its code).
 *
 * @param kl mean KL per response of the batch, in nats
 * @param responses number of responses in the batch
 */
export function adaptKlCoefficient(
  coefficient: number,
  kl: number,
  responses: number,
  { klTarget, klHorizon }: KlTarget,
): number {
  const error = Math.min(Math.max(kl / klTarget - 1, -0.2), 0.2);
  return coefficient * (1 + error * responses / klHorizon);
}

/** KL to the reference policy inside the reward of each token. */
export interface RewardKlOptions {
  /** Coefficient of the k1 KL that is subtracted from the reward; the first one, where there is a target. */
  rewardBeta?: number;
  /** KL per response in nats that the coefficient is steered to; `null`: the coefficient is fixed. */
  klTarget?: number | null;
  /** Responses over which the coefficient may change by at most 20 %. */
  klHorizon?: number;
}

/** Documentation and checks of {@linkcode RewardKlOptions}. */
export function rewardKlOptions(rewardBeta: number, source: string): Specs<RewardKlOptions> {
  return {
    rewardBeta: {
      default: rewardBeta,
      description: "coefficient of the k1 KL to the reference subtracted from each token's reward; 0: none",
      source,
      check: atLeast(0),
    },
    klTarget: {
      default: null,
      description: "KL per response, in nats, that rewardBeta is steered to from step to step; null: it is fixed",
      source: "arXiv 1909.08593 §2.2 (its code: 6); fixed in arXiv 2203.02155",
      check: orNull(above(0)),
    },
    klHorizon: {
      default: 10000,
      description: "responses over which the steered coefficient may change by at most 20 %",
      source: "code of arXiv 1909.08593; TRL and verl kl_ctrl.horizon",
      check: above(0),
    },
  };
}

/** The KL is paid for in one place, and a controller that steers nothing does nothing, silently. */
export function refuseRewardKl(
  { rewardBeta, klTarget, beta }: Resolved<RewardKlOptions & Pick<LossKlOptions, "beta">>,
  explicit: ReadonlySet<string>,
): string | undefined {
  if (beta > 0 && rewardBeta > 0) {
    return `options "beta" (${beta}) and "rewardBeta" (${rewardBeta}) both pay for the KL to the reference; ` +
      "set one of them to 0";
  }
  if (klTarget !== null && rewardBeta === 0) {
    return `option "klTarget" is ${klTarget}, but rewardBeta is 0 and stays 0; use a rewardBeta greater than 0`;
  }
  if (klTarget === null && explicit.has("klHorizon")) {
    return 'option "klHorizon" is set, but rewardBeta is fixed; leave it out or set klTarget';
  }
  return undefined;
}
