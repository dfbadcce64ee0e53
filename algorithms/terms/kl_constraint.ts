/**
 * The trust region of DisCO (arXiv 2505.12366): D_KL(old policy || new policy) ≤ δ over the tokens of a minibatch, held
 * by a penalty that is zero inside.
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import { isChosen } from "./batch.ts";
import { klDivergence } from "./divergences.ts";
import { atLeast, oneOf, type Specs } from "./options.ts";

/** Options of {@linkcode klConstraint}. */
export interface KlConstraintOptions {
  /** Weight β of the penalty. */
  beta: number;
  /** Bound δ, in nats per token. */
  delta: number;
  /** Estimator: `k1` = old − new (may be negative), `k3` = ratio − 1 − log ratio (verl's `low_var_kl`). */
  kl: "k1" | "k3";
  /**
   * `squared_hinge`: β [KL − δ]₊². `held_factor`: β [KL − δ]₊ · KL with the bracket held constant when it is
   * differentiated, which has half the gradient.
   */
  penalty: "squared_hinge" | "held_factor";
}

/** Documentation and checks of {@linkcode KlConstraintOptions}, with the defaults of DisCO. */
export const klConstraintOptions: Specs<KlConstraintOptions> = {
  beta: {
    default: 1e3,
    description: "weight of the penalty on KL(old || new) above delta; 0: no constraint",
    source: "arXiv 2505.12366 and its scripts",
    check: atLeast(0),
  },
  delta: {
    default: 1e-4,
    description: "bound on KL(old || new), in nats per token, over all tokens of a minibatch",
    source: "arXiv 2505.12366 and its scripts",
    check: atLeast(0),
  },
  kl: {
    default: "k1",
    description: "estimator of that KL: k1 (may be negative), or k3, the low-variance form",
    source: "scripts of arXiv 2505.12366 (ppo_kl_type kl; low_var_kl is k3)",
    check: oneOf(["k1", "k3"]),
  },
  penalty: {
    default: "squared_hinge",
    description: "beta [KL − delta]₊², or beta [KL − delta]₊ KL with the bracket held constant: half the gradient",
    source: "arXiv 2505.12366 §4; held_factor: its program",
    check: oneOf(["squared_hinge", "held_factor"]),
  },
};

/** Options of a penalty that is switched off would do nothing, silently. */
export function refuseKlConstraint(
  { beta }: Pick<KlConstraintOptions, "beta">,
  explicit: ReadonlySet<string>,
): string | undefined {
  const name = ["delta", "kl", "penalty"].find((name) => explicit.has(name));
  return beta === 0 && name !== undefined
    ? `option "${name}" is set, but beta is 0; leave it out or use a beta greater than 0`
    : undefined;
}

/** What the constraint says about a minibatch. */
export interface KlConstraint {
  /** Estimated divergence: the mean over all chosen tokens, in nats. */
  kl: number;
  /** Whether it exceeds δ. */
  active: boolean;
  /** The penalty. */
  value: number;
  /** d penalty / d log-prob of one chosen token. */
  slope(response: number, position: number): number;
}

/** Divergence and penalty of a minibatch. All its chosen tokens count, also those of responses that teach nothing. */
export function klConstraint(
  batch: readonly Response[],
  { beta, delta, kl: estimator, penalty }: KlConstraintOptions,
): KlConstraint {
  // Samples come from the old policy, so it takes the place of the policy, and the new one that of the reference. Both
  // estimators depend on the difference alone: the derivative to the new log-prob is the one to the old, negated.
  const at = ({ logProbs, oldLogProbs }: Response, t: number) =>
    klDivergence(estimator, oldLogProbs[t], logProbs[t], oldLogProbs[t]);
  let sum = 0, tokens = 0;
  for (const response of batch) {
    for (let t = 0; t < response.logProbs.length; t++) {
      if (!isChosen(response, t)) continue;
      sum += at(response, t).value;
      tokens++;
    }
  }
  const kl = tokens === 0 ? 0 : sum / tokens;
  const excess = Math.max(kl - delta, 0);
  const factor = (penalty === "squared_hinge" ? 2 : 1) * beta * excess;
  return {
    kl,
    active: excess > 0,
    value: beta * excess * (penalty === "squared_hinge" ? excess : kl),
    slope: (response, t) => factor === 0 ? 0 : -factor / tokens * at(batch[response], t).derivative,
  };
}
