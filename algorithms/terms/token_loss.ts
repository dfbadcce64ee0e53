/**
 * Group-relative advantage with a loss per token other than the clipped ratio: what CISPO, SAPO, DPPO, Clip-Cov, KL-Cov
 * and DRO have in common. Each brings its {@linkcode Surrogate} and the options of it.
 *
 * @module
 */

import type { Algorithm, Credited, Loss } from "../algorithm.ts";
import { type Aggregation, tokenWeights } from "./aggregation.ts";
import { groupRelativeCredit } from "./group_relative.ts";
import type { Resolved, Specs } from "./options.ts";
import { policyLoss } from "./policy_loss.ts";
import {
  type BatchOptions,
  batchOptions,
  type LossKlOptions,
  lossKlOptions,
  refuseBatch,
  refuseLossKl,
  refuseStd,
  type ScaleOptions,
  scaleOptions,
} from "./shared_options.ts";
import type { Surrogate } from "./surrogates.ts";

/** Options of every algorithm of this kind. */
export interface TokenLossOptions extends ScaleOptions, LossKlOptions, BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

/** Documentation and checks of {@linkcode TokenLossOptions}: GRPO's advantage as printed, no KL. */
export function tokenLossOptions(aggregation: Aggregation, source: string): Specs<TokenLossOptions> {
  return {
    ...scaleOptions("group", 0, 0, "the advantage of arXiv 2402.03300 §4.1.2 as printed"),
    ...lossKlOptions(0, "TRL and verl: off unless set"),
    ...batchOptions(aggregation, source),
  };
}

/** Contradictions between these options. */
export function refuseTokenLoss(
  options: Resolved<TokenLossOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  return refuseStd(options.scale !== "none", 'scale "group" or "batch"', explicit) ??
    refuseLossKl(options, explicit) ?? refuseBatch(options);
}

/** Surrogate of one minibatch, and what to show of how it was made. */
export interface BatchSurrogate {
  /** Loss of one token. */
  surrogate: Surrogate;
  /** Added to the metrics. */
  metrics?: Loss["metrics"];
  /** Added to the trace. */
  trace?: Loss["trace"];
}

/** The algorithm with these options and the surrogate that `surrogateOf` makes for a minibatch. */
export function tokenLoss(
  options: Resolved<TokenLossOptions>,
  surrogateOf: (batch: readonly Credited[], state: unknown) => BatchSurrogate,
): Omit<Algorithm, "name" | "options"> {
  const { beta, kl } = options;
  return {
    needs: { groupSize: 2, reference: beta > 0 },
    credit: (batch) => groupRelativeCredit(batch, options),
    loss: (batch, state) => {
      const { surrogate, metrics, trace } = surrogateOf(batch, state);
      const result = policyLoss(batch, { weights: tokenWeights(batch, options), surrogate, beta, kl });
      return { ...result, metrics: { ...result.metrics, ...metrics }, trace: { ...result.trace, ...trace } };
    },
  };
}
