/**
 * Pass@k training (arXiv 2503.19595): the group is rewarded for its best response.
 *
 * Against GRPO: not the mean reward of k responses is raised but their maximum, where k is the group size. What a
 * response adds to the maximum is 0 unless it is the best one, and then its lead over the second; so only the best
 * response of a group is learned from, and the others are never pushed down. This keeps a policy diverse.
 *
 * Responses that tie for the best add nothing: with rewards 0 and 1 only groups with exactly one success have signal,
 * and prompts that the policy solves often are left alone. Preset `verl` also divides by the group's standard
 * deviation, which favours nearly equal rewards.
 *
 * ```ts
 * import { passAtK } from "@podium/rl/algorithms";
 *
 * const logProbs = Float64Array.of(-1);
 * const response = { group: 0, tokens: [5], truncated: false, logProbs, oldLogProbs: logProbs };
 * const { advantages } = passAtK.create().credit(
 *   [0.25, 1, 0].map((total) => ({ ...response, rewards: { total } })),
 * );
 * if (advantages.map((row) => row[0]).join() !== "0,0.75,0") throw new Error("unexpected advantages");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { oneOf } from "./terms/options.ts";
import { outcomeAlgorithm, type OutcomeOptions, refuseOutcome } from "./terms/outcome_algorithm.ts";
import { perGroup } from "./terms/per_group.ts";
import { batchOptions, clipOptions, refuseStd, type StdOptions, stdOptions } from "./terms/shared_options.ts";
import { allEqual, type Divisor, scaleBy, standardDeviation } from "./terms/statistics.ts";

/** Options of {@linkcode passAtK}. Presets: `paper` (default), `verl`. */
export interface PassAtKOptions extends OutcomeOptions, StdOptions {
  /** What the lead of the best response is divided by: the standard deviation of the group, or nothing. */
  scale?: "group" | "none";
}

/** Lead of the best reward over the second, on the best; 0 on all others, and everywhere if the best two tie. */
function leads(rewards: readonly number[], options: Divisor & { scale: "group" | "none" }): number[] {
  const [best, second = best] = [...rewards].sort((a, b) => b - a);
  if (allEqual([best, second])) return rewards.map(() => 0);
  const lead = best - second;
  const scaled = options.scale === "none" ? lead : scaleBy(lead, standardDeviation(rewards, options.ddof), options);
  return rewards.map((reward) => reward === best ? scaled : 0);
}

/** Pass@k training. Needs groups of at least 2. */
export const passAtK: AlgorithmModule<PassAtKOptions> = define<PassAtKOptions>({
  name: "pass_at_k",
  title: "Pass@k training",
  paper: { source: "arXiv 2503.19595", year: 2025 },
  family: "policy gradient",
  summary:
    "Against GRPO: raises the best reward of a group instead of the mean; only the best response learns, by its " +
    "lead over the second.",
  options: {
    scale: {
      default: "none",
      description: "what the lead is divided by: standard deviation of the group, or nothing",
      source: "arXiv 2503.19595 (group: verl grpo_passk)",
      check: oneOf(["group", "none"]),
    },
    ...stdOptions(1, 1e-6, "verl grpo_passk, where it is the default"),
    ...clipOptions(0.2, "verl; on policy it never acts"),
    ...batchOptions("token_mean", "verl"),
  },
  presets: { verl: { scale: "group", dualClip: 3 } },
  refuse: (options, explicit) =>
    refuseStd(options.scale === "group", 'scale "group"', explicit) ?? refuseOutcome(options),
  build: (options) =>
    outcomeAlgorithm(options, (rewards, groups) => perGroup(rewards, groups, (present) => leads(present, options))),
});
