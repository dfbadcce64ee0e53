/**
 * Options that several algorithms share, so that one name means one thing everywhere. Each block has an interface, a
 * function that documents it with an algorithm's own defaults, and the contradictions within it.
 *
 * @module
 */

import { type Aggregation, aggregations } from "./aggregation.ts";
import type { Scale } from "./credit.ts";
import { type KlEstimator, klEstimators } from "./divergences.ts";
import { above, atLeast, oneOf, orNull, type Resolved, type Specs, weights } from "./options.ts";

/** Which reward is learned from and how tokens are weighed. Every algorithm has these. */
export interface BatchOptions {
  /** Weight of a token in the batch. */
  aggregation?: Aggregation;
  /** Constant divisor of `seq_mean_token_sum_norm` in tokens; `null`: the runner's generation budget. */
  maxLength?: number | null;
  /** Keep responses that were cut at the maximum length out of the loss; their reward still counts in statistics. */
  maskTruncated?: boolean;
  /** Weight per reward channel; `null`: the channel `total`, else the plain sum. */
  rewardWeights?: Readonly<Record<string, number>> | null;
}

/** Documentation and checks of {@linkcode BatchOptions}. */
export function batchOptions(aggregation: Aggregation, source: string): Specs<BatchOptions> {
  return {
    aggregation: {
      default: aggregation,
      description: "weight of a token in the batch",
      source,
      check: oneOf(aggregations),
    },
    maxLength: {
      default: null,
      description: "constant divisor of seq_mean_token_sum_norm, in tokens; null: the runner's generation budget",
      source: "arXiv 2503.20783 listing 1",
      check: orNull(above(0)),
    },
    maskTruncated: {
      default: false,
      description: "overlong filtering: truncated responses stay out of the loss, their reward stays in the statistics",
      source: "arXiv 2503.14476 §3.4; TRL mask_truncated_completions, off by default",
      check: oneOf([true, false]),
    },
    rewardWeights: {
      default: null,
      description: "weight per reward channel; null: the channel `total` if there is one, else the sum of all",
      source: "TRL reward_weights",
      check: orNull(weights),
    },
  };
}

/** A constant divisor without the aggregation that uses it does nothing, silently. */
export function refuseBatch(options: Resolved<BatchOptions>): string | undefined {
  if (options.maxLength !== null && options.aggregation !== "seq_mean_token_sum_norm") {
    return `option "maxLength" is ${options.maxLength}, which aggregation "${options.aggregation}" does not use; ` +
      'leave it out or use aggregation "seq_mean_token_sum_norm"';
  }
  return undefined;
}

/** Divisor of an advantage. */
export interface StdOptions {
  /** Divisor of the variance is n − ddof. */
  ddof?: 0 | 1;
  /** Added to the standard deviation. */
  stdEpsilon?: number;
}

/** Documentation and checks of {@linkcode StdOptions}. */
export function stdOptions(ddof: 0 | 1, stdEpsilon: number, source: string): Specs<StdOptions> {
  return {
    ddof: { default: ddof, description: "the variance divides by n − ddof", source, check: oneOf([0, 1]) },
    stdEpsilon: {
      default: stdEpsilon,
      description: "added to the standard deviation; equal rewards give advantage 0 even if it is 0",
      source,
      check: atLeast(0),
    },
  };
}

/** Options of a divisor that is switched off would do nothing, silently. */
export function refuseStd(divides: boolean, switchOn: string, explicit: ReadonlySet<string>): string | undefined {
  for (const name of ["ddof", "stdEpsilon"]) {
    if (!divides && explicit.has(name)) {
      return `option "${name}" is set, but the advantage is not divided by a standard deviation; ` +
        `leave it out or use ${switchOn}`;
    }
  }
  return undefined;
}

/** What the deviation from the group mean is divided by. */
export interface ScaleOptions extends StdOptions {
  /** Standard deviation over the group, over the raw rewards of the batch, or none. */
  scale?: Scale;
}

/** Documentation and checks of {@linkcode ScaleOptions}. */
export function scaleOptions(scale: Scale, ddof: 0 | 1, stdEpsilon: number, source: string): Specs<ScaleOptions> {
  return {
    scale: {
      default: scale,
      description: "standard deviation that divides the advantage: of the group, of the batch's raw rewards, or none",
      source,
      check: oneOf(["group", "batch", "none"]),
    },
    ...stdOptions(ddof, stdEpsilon, source),
  };
}

/** Standardising advantages over the batch. */
export interface WhitenOptions extends StdOptions {
  /** Subtract the mean of the batch and divide by its standard deviation. */
  whiten?: boolean;
}

/** Documentation and checks of {@linkcode WhitenOptions}. */
export function whitenOptions(stdEpsilon: number, source: string): Specs<WhitenOptions> {
  return {
    whiten: {
      default: false,
      description: "standardise the advantages over the responses of the batch",
      source,
      check: oneOf([true, false]),
    },
    ...stdOptions(1, stdEpsilon, source),
  };
}

/** Bounds on the importance ratio. */
export interface ClipOptions {
  /** The ratio is clipped from below at 1 − epsilonLow. */
  epsilonLow?: number;
  /** The ratio is clipped from above at 1 + epsilonHigh. */
  epsilonHigh?: number;
  /** Dual clip c: where the advantage is negative, the loss is at most −c · advantage. */
  dualClip?: number | null;
  /** Two-sided clip δ: the unclipped branch uses min(ratio, δ). */
  delta?: number | null;
}

/** Documentation and checks of {@linkcode ClipOptions}; the band is symmetric unless `epsilonHigh` is given. */
export function clipOptions(epsilon: number, source: string, epsilonHigh: number = epsilon): Specs<ClipOptions> {
  return {
    epsilonLow: {
      default: epsilon,
      description: "the ratio is clipped from below at 1 − epsilonLow",
      source,
      check: atLeast(0),
    },
    epsilonHigh: {
      default: epsilonHigh,
      description: "the ratio is clipped from above at 1 + epsilonHigh",
      source,
      check: atLeast(0),
    },
    dualClip: {
      default: null,
      description: "where the advantage is negative, the loss is at most −dualClip · advantage; null: no bound",
      source: "arXiv 1912.09729; verl uses 3",
      check: orNull(above(1)),
    },
    delta: {
      default: null,
      description: "two-sided clip: the unclipped branch uses min(ratio, delta); null: no bound",
      source: "arXiv 2505.07291; INTELLECT-2 uses 4",
      check: orNull(above(1)),
    },
  };
}

/** `delta` must leave the ordinary clip something to do, and one bound on negative advantages is enough. */
export function refuseClip(options: Resolved<ClipOptions>): string | undefined {
  const { delta, dualClip, epsilonHigh } = options;
  if (delta !== null && dualClip !== null) {
    return `options "dualClip" (${dualClip}) and "delta" (${delta}) both bound the loss of negative advantages; ` +
      "set one of them to null";
  }
  if (delta !== null && delta < 1 + epsilonHigh) {
    return `option "delta" is ${delta}, below the ordinary clip at 1 + epsilonHigh = ${1 + epsilonHigh}; ` +
      "use a larger delta or a smaller epsilonHigh";
  }
  return undefined;
}

/** KL to the reference policy inside the loss. */
export interface LossKlOptions {
  /** Coefficient β; 0 needs no reference policy. */
  beta?: number;
  /** Estimator. */
  kl?: KlEstimator;
}

/** Documentation and checks of {@linkcode LossKlOptions}. */
export function lossKlOptions(beta: number, source: string): Specs<LossKlOptions> {
  return {
    beta: {
      default: beta,
      description: "coefficient of the KL to the reference policy inside the loss; 0: no reference policy needed",
      source,
      check: atLeast(0),
    },
    kl: {
      default: "k3",
      description: "estimator of that KL: k1, k2, k3, or k3_is (k3 times the differentiable ratio)",
      source: "arXiv 2402.03300 eq. 4; k3_is: arXiv 2512.02556",
      check: oneOf(klEstimators),
    },
  };
}

/** An estimator without a coefficient does nothing, silently. */
export function refuseLossKl(options: Resolved<LossKlOptions>, explicit: ReadonlySet<string>): string | undefined {
  if (options.beta === 0 && explicit.has("kl")) {
    return `option "kl" is "${options.kl}", but beta is 0; leave it out or use a beta greater than 0`;
  }
  return undefined;
}
