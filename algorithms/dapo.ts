/**
 * DAPO, Decoupled Clip and Dynamic sAmpling Policy Optimization (arXiv 2503.14476 eq. 8).
 *
 * Four changes to GRPO, each with options of its own; with all of them off this is GRPO without KL.
 *
 * 1. Clip-Higher: 0.28 above, 0.2 below, so that rare tokens can grow. A no-op with one update per rollout batch.
 * 2. Dynamic sampling: groups that are all right or all wrong teach nothing; they are dropped (no reward, no advantage)
 *    and replaced, within `maxRounds` draws per step. What is missing then stays out (verl stops). The test is
 *    on accuracy, as the overlong punishment makes rewards of wrong answers differ.
 * 3. Token-level loss: a mean over tokens per prompt, as printed; over the whole batch in preset `code`, verl's recipe.
 * 4. A soft overlong punishment is added to the reward, if the runner gives a budget or `overlongMaxLength` is set. It
 *    is meant for rewards of ±1, so accuracy from 0 to 1 is mapped to −1 to 1. Overlong filtering is `maskTruncated`:
 *    the paper's table has it, its best run does not. Preset `trl` is TRL's paper index: filter, 0/1, no dropped groups.
 *
 * ```ts
 * import { dapo } from "@podium/rl/algorithms";
 *
 * const algorithm = dapo.create({ overlongMaxLength: 4, overlongCache: 2 });
 * const batch = [[0, 1, 3], [0, 0, 4], [1, 0, 1], [1, 0, 4]].map(([group, accuracy, length]) => {
 *   const logProbs = new Float64Array(length).fill(-1);
 *   return { group, tokens: logProbs, rewards: { accuracy }, truncated: false, logProbs, oldLogProbs: logProbs };
 * });
 * const rewards = algorithm.credit(batch).trace?.rewards; // the second group is all wrong
 * if (String(rewards) !== "0.5,-2,NaN,NaN") throw new Error("unexpected rewards");
 * ```
 *
 * @module
 */

import type { AlgorithmModule, Response } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import * as sampling from "./terms/dynamic_sampling.ts";
import * as family from "./terms/group_relative.ts";
import * as overlong from "./terms/overlong.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";
import { type SignedRewardOptions, signedRewardOptions, signedTotalReward } from "./terms/signed_reward.ts";

/** Options of {@linkcode dapo}. Presets: `paper` (default), `code`, `trl`. */
export type DapoOptions =
  & family.GroupRelativeOptions
  & sampling.DynamicSamplingOptions
  & overlong.OverlongOptions
  & SignedRewardOptions;

/** DAPO. Needs groups of at least 2, and of the runner that it samples again for groups that are dropped. */
export const dapo: AlgorithmModule<DapoOptions> = define<DapoOptions>({
  name: "dapo",
  title: "DAPO, Decoupled Clip and Dynamic sAmpling Policy Optimization",
  paper: { source: "arXiv 2503.14476", year: 2025 },
  family: "policy gradient",
  summary: "GRPO with a higher upper clip, other prompts sampled in place of those that are all right or all wrong, " +
    "equal weight for every token, and a soft punishment of overlong responses; no KL.",
  options: {
    ...sampling.dynamicSamplingOptions,
    ...signedRewardOptions,
    ...overlong.overlongOptions,
    ...scaleOptions("group", 0, 0, "arXiv 2503.14476 eq. 9 (ddof and eps not given: the formula as printed)"),
    ...clipOptions(0.2, "arXiv 2503.14476 §4.1", 0.28),
    ...lossKlOptions(0, "arXiv 2503.14476 §2.3"),
    ...batchOptions("token_mean_per_group", "arXiv 2503.14476 eq. 8"),
  },
  presets: {
    // verl's recipe dapo: loss_agg_mode token-mean, clip_ratio_c 10.
    code: { ddof: 1, stdEpsilon: 1e-6, aggregation: "token_mean", dualClip: 10 },
    // TRL 1.13, paper index: loss_type "dapo", mask_truncated_completions, get_soft_overlong_punishment.
    trl: {
      ddof: 1,
      stdEpsilon: 1e-4,
      kl: "k3_is",
      aggregation: "token_mean",
      dynamicSampling: false,
      signedReward: false,
      maskTruncated: true,
    },
  },
  refuse: (options, explicit) =>
    sampling.refuseDynamicSampling(options, explicit) ?? overlong.refuseOverlong(options, explicit) ??
      family.refuseGroupRelative(options, explicit),
  build: (options) => {
    const { needs, loss } = family.groupRelative(options), { dynamicSampling, maxRounds } = options;
    const select = (batch: readonly Response[]) => sampling.isInformative(batch, options);
    const rewardOf = (response: Response) => {
      const total = signedTotalReward(response, options);
      return total === null ? null : total + overlong.overlongReward(response, options);
    };
    return {
      needs: { ...needs, ...dynamicSampling && { refill: { rounds: maxRounds - 1 } } },
      ...dynamicSampling && { select },
      credit: (batch) => {
        const kept = dynamicSampling ? select(batch) : batch.map(() => true);
        const shaped = batch.map((one, i) => ({ ...one, rewards: { total: kept[i] ? rewardOf(one) : null } }));
        return family.groupRelativeCredit(shaped, { ...options, rewardWeights: null });
      },
      loss,
    };
  },
});
