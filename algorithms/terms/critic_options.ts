/**
 * Options of algorithms with a critic.
 *
 * @module
 */

import { above, atLeast, type Check, oneOf, orNull, type Resolved, type Specs } from "./options.ts";

/** How advantages come from values, and how the critic is trained. */
export interface CriticOptions {
  /** γ: what a reward one token later counts. */
  gamma?: number;
  /** λ of generalised advantage estimation. */
  lambda?: number;
  /** Standardise advantages over all tokens of the batch, after the critic's targets were taken from them. */
  whiten?: boolean;
  /** Scale token rewards to unit variance over the batch, keeping their mean. */
  whitenRewards?: boolean;
  /** The variance divides by n − ddof. */
  ddof?: 0 | 1;
  /** Added to the variance, inside the root. */
  varianceEpsilon?: number;
  /** The value may move this far from its old value before the loss is cut off; `null`: no bound. */
  valueClip?: number | null;
  /** Coefficient of the value loss. */
  vfCoef?: number;
  /** Learning rate of the critic as a multiple of the policy's. */
  criticLearningRateFactor?: number;
}

const share: Check = {
  use: "a number from 0 to 1",
  accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

/** Documentation and checks of {@linkcode CriticOptions}, with the defaults of PPO for language models. */
export const criticOptions: Specs<CriticOptions> = {
  gamma: {
    default: 1,
    description: "discount per token",
    source: "arXiv 2203.02155 appendix C.4 (no discount); TRL and verl 1.0",
    check: share,
  },
  lambda: {
    default: 0.95,
    description: "generalised advantage estimation: 1 is the return minus the value, 0 one temporal difference",
    source: "arXiv 1707.06347 table 3 (arXiv 2203.02155 gives none); TRL 0.95, verl 1.0",
    check: share,
  },
  whiten: {
    default: true,
    description: "standardise the advantages over all tokens of the batch, after the critic's targets were taken",
    source: "code of arXiv 1909.08593, TRL, verl; not in the papers' text",
    check: oneOf([true, false]),
  },
  whitenRewards: {
    default: false,
    description: "scale token rewards to unit variance over the batch, keeping their mean",
    source: "TRL whiten_rewards, off by default; on in the code of arXiv 1909.08593",
    check: oneOf([true, false]),
  },
  ddof: {
    default: 1,
    description: "the variance of whitening divides by n − ddof",
    source: "TRL and verl masked_whiten",
    check: oneOf([0, 1]),
  },
  varianceEpsilon: {
    default: 1e-8,
    description: "added to the variance of whitening, inside the root",
    source: "TRL and verl masked_whiten",
    check: atLeast(0),
  },
  valueClip: {
    default: null,
    description: "the value loss is cut off where the value moved further than this from its old value; null: never",
    source: "not in arXiv 1707.06347 eq. 9; TRL 0.2, verl 0.5",
    check: orNull(above(0)),
  },
  vfCoef: {
    default: 1,
    description:
      "coefficient of the value loss; the critic has an optimizer of its own, so it matters to clipping only",
    source: "arXiv 1707.06347 table 5; TRL 0.1",
    check: above(0),
  },
  criticLearningRateFactor: {
    default: 10,
    description: "learning rate of the critic as a multiple of the policy's",
    source: "verl: 1e-5 against 1e-6",
    check: above(0),
  },
};

/** Options of a whitening that is switched off would do nothing, silently. */
export function refuseCritic(
  { whiten, whitenRewards }: Resolved<CriticOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  const name = ["ddof", "varianceEpsilon"].find((name) => explicit.has(name));
  if (!name || whiten || whitenRewards) return undefined;
  return `option "${name}" is set, but nothing is whitened; leave it out or use whiten true`;
}
