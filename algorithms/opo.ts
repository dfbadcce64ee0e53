/**
 * OPO, on-policy RL with optimal reward baseline (arXiv 2505.23585).
 *
 * Against GRPO: the baseline is the mean reward of the group weighted by length, Σ|o|r / Σ|o|. It is the baseline with
 * the least gradient variance if the squared gradient norm of a response grows with its length. Nothing is divided by
 * a standard deviation, there is no KL, no entropy bonus and no clip: the paper trains exactly on policy, one update
 * per rollout batch (the runner's default). With more updates use preset `verl`, which clips the ratio.
 *
 * The advantages of a group do not add up to 0, but to 0 over its tokens.
 *
 * ```ts
 * import { opo } from "@podium/rl/algorithms";
 *
 * const batch = [[1, 1], [0, 3]].map(([accuracy, length]) => {
 *   const logProbs = new Float64Array(length).fill(-1);
 *   const tokens = new Uint32Array(length);
 *   return { group: 0, tokens, rewards: { accuracy }, truncated: false, logProbs, oldLogProbs: logProbs };
 * });
 * const { advantages } = opo.create().credit(batch);
 * if (advantages[0][0] !== 0.75 || advantages[1][0] !== -0.25) throw new Error("a baseline of 1/4 was expected");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { chosenLength } from "./terms/batch.ts";
import { define } from "./terms/define.ts";
import { outcomeAlgorithm } from "./terms/outcome_algorithm.ts";
import { perGroup } from "./terms/per_group.ts";
import { batchOptions } from "./terms/shared_options.ts";
import { allEqual } from "./terms/statistics.ts";
import { chosenSurrogate, refuseSurrogate, type SurrogateOptions, surrogateOptions } from "./terms/surrogate_choice.ts";

/** Options of {@linkcode opo}. Presets: `paper` (default), `verl`. */
export type OpoOptions = SurrogateOptions;

/** `r − Σ length · r / Σ length`. Exactly 0 where all rewards are equal, and where there is no token to weigh by. */
function lengthWeightedDeviations(rewards: readonly number[], lengths: readonly number[]): number[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total === 0 || allEqual(rewards)) return rewards.map(() => 0);
  const baseline = rewards.reduce((sum, reward, j) => sum + lengths[j] * reward, 0) / total;
  return rewards.map((reward) => reward - baseline);
}

/** OPO. Needs groups of at least 2. */
export const opo: AlgorithmModule<OpoOptions> = define<OpoOptions>({
  name: "opo",
  title: "OPO, on-policy RL with optimal reward baseline",
  paper: { source: "arXiv 2505.23585", year: 2025 },
  family: "policy gradient",
  summary: "Against GRPO: the group baseline is weighted by response length, which lowers the variance; exactly on " +
    "policy, so no clip, no KL and no standard deviation.",
  options: {
    ...surrogateOptions("arXiv 2505.23585 (exact on-policy)"),
    ...batchOptions(
      "token_mean",
      "verl, where the authors' implementation is; the paper sums over tokens: same direction",
    ),
  },
  // verl 0.10: adv_estimator opo with the default policy loss.
  presets: { verl: { surrogate: "token_clip", dualClip: 3 } },
  refuse: refuseSurrogate,
  build: (options) =>
    outcomeAlgorithm(
      options,
      (rewards, groups, batch) =>
        perGroup(
          rewards,
          groups,
          (present, indices) => lengthWeightedDeviations(present, indices.map((i) => chosenLength(batch[i]))),
        ),
      chosenSurrogate(options),
    ),
});
