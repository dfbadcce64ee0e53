/**
 * GRPO, Group Relative Policy Optimization (DeepSeekMath, arXiv 2402.03300).
 *
 * The algorithm that the others are compared with. Against PPO it drops the critic: the baseline of a response is the
 * mean reward of its group, and the deviation is divided by the group's standard deviation. The loss is PPO's clipped
 * ratio, averaged over the tokens of a response and then over responses, plus β times a k3 KL to a frozen reference.
 * With process supervision (§4.1.3) rewards stand at the ends of steps and a token is credited with those still to
 * come; in the iterative form (algorithm 1) the reference is refreshed from the policy now and then.
 *
 * What implementations silently differ in is an option here. The paper gives neither ddof nor eps of the standard
 * deviation; Podium's default is its formula as printed (population, no eps). `trl` and `verl` are the defaults of
 * those programs, which also average over all tokens of the batch instead of per response. Not reproduced: verl's
 * clamps of log-ratios to ±20, which no healthy run reaches; and that TRL, with several minibatches per rollout batch,
 * divides each by the mean number of tokens of all of them, Podium by its own.
 *
 * ```ts
 * import { grpo } from "@podium/rl/algorithms";
 *
 * const algorithm = grpo.create({ beta: 0 });
 * const batch = [
 *   { tokens: [5, 6], accuracy: 1, logProbs: Float64Array.of(-1, -2) },
 *   { tokens: [7], accuracy: 0, logProbs: Float64Array.of(-3) },
 * ].map(({ tokens, accuracy, logProbs }) => (
 *   { group: 0, tokens, rewards: { accuracy }, truncated: false, logProbs, oldLogProbs: logProbs }
 * ));
 * const { advantages } = algorithm.credit(batch); // [1, 1] and [-1]
 * const { gradient } = algorithm.loss(batch.map((response, i) => ({ ...response, advantages: advantages[i] })));
 * if (gradient[0][0] !== -0.25 || gradient[1][0] !== 0.5) throw new Error("unexpected gradient");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { dropOffPolicy } from "./terms/off_policy_mask.ts";
import { atLeast, orNull, wholeNumber } from "./terms/options.ts";
import {
  processCredit,
  refuseSupervision,
  type SupervisionOptions,
  supervisionOptions,
} from "./terms/process_credit.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode grpo}. Presets: `paper` (default), `trl`, `verl`. */
export interface GrpoOptions extends GroupRelativeOptions, SupervisionOptions {
  /** Iterative form: refresh the reference from the trained policy every so many steps; `null`: never. */
  refreshReferenceEvery?: number | null;
  /** Drop bad responses whose mean `old − logProb` per token is above this, in nats; `null`: none. */
  offPolicyThreshold?: number | null;
}

/**
 * GRPO.
 *
 * Needs groups of at least 2; reference log-probs if `beta` is positive (0.04 in the paper); a task with process rewards
 * if `supervision` is `process`.
 */
export const grpo: AlgorithmModule<GrpoOptions> = define<GrpoOptions>({
  name: "grpo",
  title: "GRPO, Group Relative Policy Optimization",
  paper: { source: "arXiv 2402.03300", year: 2024 },
  family: "policy gradient",
  summary: "The reference: group mean and standard deviation as baseline instead of a critic, clipped token ratio, " +
    "mean per response, KL inside the loss.",
  options: {
    ...supervisionOptions(),
    refreshReferenceEvery: {
      default: null,
      description: "training steps after which the reference becomes a copy of the trained policy; null: never",
      source: "arXiv 2402.03300 algorithm 1; DeepSeek-R1 uses 400",
      check: orNull(wholeNumber(1)),
    },
    offPolicyThreshold: {
      default: null,
      description: "drop responses with A < 0 whose mean old − logProb is above this, in nats per token; null: none",
      source: "DeepSeek-V3.2, arXiv 2512.02556; TRL off_policy_mask_threshold, off by default, suggests 0.5",
      check: orNull(atLeast(0)),
    },
    ...scaleOptions("group", 0, 0, "arXiv 2402.03300 §4.1.2 (ddof and eps not given: the formula as printed)"),
    ...clipOptions(0.2, "not given in arXiv 2402.03300; TRL and verl"),
    ...lossKlOptions(0.04, "arXiv 2402.03300 §4.2"),
    ...batchOptions("seq_mean_token_mean", "arXiv 2402.03300 eq. 3"),
  },
  presets: {
    // TRL 1.13: loss_type "dapo", scale_rewards "group", beta 0.0, use_bias_correction_kl.
    trl: { ddof: 1, stdEpsilon: 1e-4, beta: 0, kl: "k3_is", aggregation: "token_mean" },
    // verl 0.10: loss_agg_mode token-mean, clip_ratio_c 3, and the low_var_kl 0.001 of its GRPO examples.
    verl: { ddof: 1, stdEpsilon: 1e-6, beta: 0.001, kl: "k3", aggregation: "token_mean", dualClip: 3 },
  },
  refuse: (options, explicit) =>
    options.refreshReferenceEvery !== null && options.beta === 0
      ? `option "refreshReferenceEvery" is ${options.refreshReferenceEvery}, but beta is 0 and there is no reference; ` +
        "leave it out or use a beta greater than 0"
      : refuseSupervision(options) ?? refuseGroupRelative(options, explicit),
  build: (options) => {
    const { supervision, refreshReferenceEvery, offPolicyThreshold } = options;
    const { needs, ...algorithm } = groupRelative(options);
    return {
      ...algorithm,
      needs: {
        ...needs,
        ...supervision === "process" && { steps: true },
        ...refreshReferenceEvery !== null && { refreshReferenceEvery },
      },
      ...supervision === "process" && { credit: (batch) => processCredit(batch, options) },
      ...offPolicyThreshold !== null && { loss: dropOffPolicy(algorithm.loss, offPolicyThreshold) },
    };
  },
});
