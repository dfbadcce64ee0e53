/**
 * MaxRL, maximum likelihood reinforcement learning (arXiv 2602.02710).
 *
 * Against GRPO: the deviation from the group mean is divided by that *mean* instead of the standard deviation. With
 * rewards 0 and 1 the mean estimates the success probability p, and (r − p) / p is the gradient of log p rather than
 * of p: a prompt solved once in a hundred tries counts as much as one that is solved half of the time, which is what
 * pass@k needs. Per group the direction is Dr. GRPO's. A group without success has no gradient, as in the paper.
 *
 * It takes the reward for a probability: a failure has reward 0. For other scales say so with `lowestReward` (−1 for
 * rewards −1 and 1), which the mean is measured from. Where the mean is not above it (all failed, or rewards below
 * it) log p does not exist, and the group is not learned from: watch `groupsWithoutSignal`. The authors' code
 * (`lowestReward` null) divides all the same, which explodes near 0 and pushes the best responses down below it. Known
 * trap: their repository has a second routine labelled "maxrl" that divides by standard deviation times mean.
 *
 * ```ts
 * import { maxrl } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const algorithm = maxrl.create({ meanEpsilon: 0 });
 * const { advantages } = algorithm.credit([1, 0, 0, 0].map((total) => ({ ...response, rewards: { total } })));
 * if (advantages[0][0] !== 3 || advantages[1][0] !== -1) throw new Error("unexpected advantages");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { atLeast, orNull } from "./terms/options.ts";
import { outcomeAlgorithm, type OutcomeOptions, refuseOutcome } from "./terms/outcome_algorithm.ts";
import { perGroup } from "./terms/per_group.ts";
import { batchOptions, clipOptions } from "./terms/shared_options.ts";
import { deviations, mean } from "./terms/statistics.ts";

/** Options of {@linkcode maxrl}. Presets: `paper` (default), `verl`. */
export interface MaxrlOptions extends OutcomeOptions {
  /** Reward of a failure; the mean of a group is measured from it. `null`: divide by the mean, whatever its sign. */
  lowestReward?: number | null;
  /** Added to the mean. */
  meanEpsilon?: number;
}

/** MaxRL. Needs groups of at least 2. */
export const maxrl: AlgorithmModule<MaxrlOptions> = define<MaxrlOptions>({
  name: "maxrl",
  title: "MaxRL, maximum likelihood reinforcement learning",
  paper: { source: "arXiv 2602.02710", year: 2026 },
  family: "policy gradient",
  summary:
    "GRPO divided by the group's mean reward instead of its standard deviation: the gradient of the log of the " +
    "success probability, so that hard prompts count.",
  options: {
    lowestReward: {
      default: 0,
      description: "reward of a failure, which the group's mean is measured from; a group whose mean is not above " +
        "it is not learned from; null: divide by the mean, whatever its sign",
      source: "arXiv 2602.02710 (rewards 0 and 1)",
      check: orNull({ use: "a finite number", accepts: Number.isFinite }),
    },
    meanEpsilon: {
      default: 1e-6,
      description: "added to the mean that divides",
      source: "code of arXiv 2602.02710",
      check: atLeast(0),
    },
    ...clipOptions(0.2, "training scripts of arXiv 2602.02710; on policy, as there, it never acts"),
    ...batchOptions("token_mean", "code of arXiv 2602.02710 (verl's default)"),
  },
  presets: { verl: { dualClip: 3 } },
  refuse: refuseOutcome,
  build: (options) =>
    outcomeAlgorithm(options, (rewards, groups) =>
      perGroup(rewards, groups, (present) => {
        const success = mean(present) - (options.lowestReward ?? 0), divisor = success + options.meanEpsilon;
        const learn = options.lowestReward === null ? divisor !== 0 : success > 0;
        return deviations(present).map((value) => learn ? value / divisor : 0);
      })),
});
