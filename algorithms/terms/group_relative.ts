/**
 * The family of GRPO: group-relative advantage, clipped token ratio, KL inside the loss. Its members differ in options.
 *
 * @module
 */

import type { Algorithm, Credit, Response } from "../algorithm.ts";
import { tokenWeights } from "./aggregation.ts";
import { groupAdvantage, outcomeCredit } from "./credit.ts";
import type { Resolved } from "./options.ts";
import { policyLoss } from "./policy_loss.ts";
import type { RatioOf } from "./ratios.ts";
import { totalReward } from "./rewards.ts";
import {
  type BatchOptions,
  type ClipOptions,
  type LossKlOptions,
  refuseBatch,
  refuseClip,
  refuseLossKl,
  refuseStd,
  type ScaleOptions,
} from "./shared_options.ts";
import { clippedSurrogate } from "./surrogates.ts";

/** Options of every member of the family. */
export interface GroupRelativeOptions extends ScaleOptions, ClipOptions, LossKlOptions, BatchOptions {
  /** Named option set; options beside it override it. */
  preset?: string;
}

/** Contradictions between these options. */
export function refuseGroupRelative(
  options: Resolved<GroupRelativeOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  return refuseStd(options.scale !== "none", 'scale "group" or "batch"', explicit) ?? refuseClip(options) ??
    refuseLossKl(options, explicit) ?? refuseBatch(options);
}

/** Credit of the family: the total reward, relative to its group. */
export function groupRelativeCredit(
  batch: readonly Response[],
  options: Resolved<ScaleOptions & Pick<BatchOptions, "rewardWeights">>,
): Credit {
  const rewards = batch.map((response) => totalReward(response, options.rewardWeights));
  const groups = batch.map((response) => response.group);
  return outcomeCredit(batch, groupAdvantage(rewards, groups, options), rewards);
}

/** The algorithm with these options, and with another ratio than the token's where one is given. */
export function groupRelative(
  options: Resolved<GroupRelativeOptions>,
  ratio?: RatioOf,
): Omit<Algorithm, "name" | "options"> {
  const { beta, kl } = options;
  const surrogate = clippedSurrogate(options);
  return {
    needs: { groupSize: 2, reference: beta > 0 },
    credit: (batch) => groupRelativeCredit(batch, options),
    loss: (batch) => policyLoss(batch, { weights: tokenWeights(batch, options), surrogate, ratio, beta, kl }),
  };
}
