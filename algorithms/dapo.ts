/**
 * DAPO, Decoupled Clip and Dynamic sAmpling Policy Optimization (arXiv 2503.14476 eq. 8).
 *
 * Four changes to GRPO, each with options of its own; with all of them off this is GRPO without KL.
 *
 * 1. Clip-Higher: 0.28 above and 0.2 below, so that rare tokens can grow. Acts off policy only: with one update per
 *    rollout batch it changes nothing (the paper makes 16).
 * 2. Dynamic sampling: a group whose answers are all right or all wrong teaches nothing. It is dropped and replaced, up
 *    to `maxRounds` rollout batches per step; what is still missing then stays out (verl stops with an error). The test
 *    is on accuracy: the overlong punishment makes rewards of a group of wrong answers differ. A dropped group has no
 *    reward and no advantage.
 * 3. Token-level loss: every token of a prompt's responses weighs the same. Preset `code` divides by the tokens of the
 *    whole batch, as verl and TRL do, where the paper prints one mean per prompt.
 * 4. Overlong responses: a soft punishment is added to the reward, where the runner gives a budget or `overlongMaxLength`
 *    is set (else there is none). How it compares with being right depends on rewards of ±1, so accuracy from 0 to 1 is
 *    mapped to −1 to 1. Overlong filtering is `maskTruncated`: the paper's table has it, its best run does not (recipe).
 *
 * Preset `trl` is the entry of TRL's paper index: it has no dynamic sampling, filters, and takes 0/1 rewards as they are.
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
import { groupAdvantage, outcomeCredit } from "./terms/credit.ts";
import { define } from "./terms/define.ts";
import * as sampling from "./terms/dynamic_sampling.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { oneOf } from "./terms/options.ts";
import * as overlong from "./terms/overlong.ts";
import { totalReward } from "./terms/rewards.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode dapo}. Presets: `paper` (default), `code`, `trl`. */
export interface DapoOptions extends GroupRelativeOptions, sampling.DynamicSamplingOptions, overlong.OverlongOptions {
  /** Map the accuracy from 0 … 1 to −1 … 1. */
  signedReward?: boolean;
}

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
    signedReward: {
      default: true,
      description: "map the accuracy channel from 0 … 1 to −1 … 1, where it is part of the reward",
      source: "arXiv 2503.14476 eq. 7",
      check: oneOf([true, false]),
    },
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
      aggregation: "token_mean",
      dynamicSampling: false,
      signedReward: false,
      maskTruncated: true,
    },
  },
  refuse: (options, explicit) =>
    sampling.refuseDynamicSampling(options, explicit) ?? overlong.refuseOverlong(options, explicit) ??
      refuseGroupRelative(options, explicit),
  build: (options) => {
    const { dynamicSampling, accuracyChannel: name, signedReward, rewardWeights } = options;
    const { needs, loss } = groupRelative(options);
    const select = (batch: readonly Response[]) => sampling.isInformative(batch, options);
    const rewardOf = (response: Response) => {
      const accuracy = response.rewards[name] ?? null;
      const signed = accuracy === null || !signedReward ? {} : { [name]: 2 * accuracy - 1 };
      const total = totalReward({ rewards: { ...response.rewards, ...signed } }, rewardWeights);
      return total === null ? null : total + overlong.overlongReward(response, options);
    };
    return {
      needs: { ...needs, ...dynamicSampling && { refill: { rounds: options.maxRounds - 1 } } },
      ...dynamicSampling && { select },
      credit: (batch) => {
        const kept = dynamicSampling ? select(batch) : batch.map(() => true);
        const rewards = batch.map((response, i) => kept[i] ? rewardOf(response) : null);
        return outcomeCredit(batch, groupAdvantage(rewards, batch.map(({ group }) => group), options), rewards);
      },
      loss,
    };
  },
});
