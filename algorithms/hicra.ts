/**
 * HICRA, Hierarchy-Aware Credit Assignment (Emergent Hierarchical Reasoning, arXiv 2509.03646).
 *
 * Against GRPO, tokens that plan ("let us check", "so the answer is") weigh more than tokens that calculate: on a
 * planning token A becomes A + α|A|. With α = 0.2 it gets 1.2 of the credit in a good response and 0.8 of the blame in
 * a bad one; the blame is *softened*, whatever third-party notes say. The paper calls A group-normalised but writes
 * reward minus group mean, which is the default here (preset `std` divides); clipping is DAPO's Clip-Higher, there is
 * no KL and no reference policy. With `alpha` 0 it is GRPO with the same options.
 *
 * Which tokens plan is found by phrases, the strategic grams: `compileGrams` and `planningMask` mark them, and
 * `mineStrategicGrams` mines them from correct solutions. Known traps: token advantages no longer sum to zero in a
 * group; they drift up by α|A| per planning token (metric `advantageDrift`), a standing bonus on those phrases that
 * invites repeating them (watch `planningShare`). A list of common words (`so`, `we`) marks most of a response, and
 * then HICRA is GRPO with a bonus. The authors have published no code; what a third party calls theirs is not here.
 *
 * ```ts
 * import { compileGrams, hicra, planningMask } from "@podium/rl/algorithms";
 *
 * const planning = planningMask(["let", " us", " check", " 2", "+", "2"], compileGrams(["let us check"]));
 * const logProbs = new Float64Array(6);
 * const response = { group: 0, tokens: [1, 2, 3, 4, 5, 6], planning, truncated: false, logProbs, oldLogProbs: logProbs };
 * const { advantages } = hicra.create().credit([1, 0].map((total) => ({ ...response, rewards: { total } })));
 * if (advantages[0].join() !== "0.6,0.6,0.6,0.5,0.5,0.5") throw new Error("unexpected credit");
 * if (advantages[1].join() !== "-0.4,-0.4,-0.4,-0.5,-0.5,-0.5") throw new Error("unexpected blame");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { define } from "./terms/define.ts";
import { groupRelative, type GroupRelativeOptions, refuseGroupRelative } from "./terms/group_relative.ts";
import { atLeast } from "./terms/options.ts";
import { amplifyPlanning } from "./terms/planning_credit.ts";
import { batchOptions, clipOptions, lossKlOptions, scaleOptions } from "./terms/shared_options.ts";

/** Options of {@linkcode hicra}. Presets: `paper` (default), `std`. */
export interface HicraOptions extends GroupRelativeOptions {
  /** Share of |A| that a planning token gets on top of A. */
  alpha?: number;
}

/** HICRA. Needs groups of at least 2 and, unless `alpha` is 0, a planning mask on every response. */
export const hicra: AlgorithmModule<HicraOptions> = define<HicraOptions>({
  name: "hicra",
  title: "HICRA, Hierarchy-Aware Credit Assignment",
  paper: { source: "arXiv 2509.03646", year: 2025 },
  family: "policy gradient",
  summary:
    "GRPO with more of the credit and less of the blame on tokens that plan, found by phrases, so that learning " +
    "goes to strategy instead of arithmetic; mean baseline, Clip-Higher, no KL.",
  options: {
    alpha: {
      default: 0.2,
      description:
        "share of |A| added on planning tokens; 0: GRPO, no phrases needed; above 1 it rewards planning in " +
        "wrong answers",
      source: "arXiv 2509.03646",
      check: atLeast(0),
    },
    ...scaleOptions("none", 1, 1e-6, "arXiv 2509.03646 writes reward minus mean; ddof and eps, if switched on: verl"),
    ...clipOptions(0.2, "arXiv 2509.03646 (GRPO with Clip-Higher)"),
    epsilonHigh: clipOptions(0.28, "Clip-Higher of arXiv 2503.14476; arXiv 2509.03646 gives no number").epsilonHigh,
    ...lossKlOptions(0, "arXiv 2509.03646 (no reference policy)"),
    ...batchOptions("token_mean", "arXiv 2503.14476, whose objective with Clip-Higher it is"),
  },
  presets: {
    // The words of the paper, "group-normalised", with verl's ddof and eps.
    std: { scale: "group" },
  },
  refuse: refuseGroupRelative,
  build: (options) => {
    const { needs, credit, loss } = groupRelative(options);
    return {
      needs: { ...needs, planning: options.alpha > 0 },
      credit: (batch) => amplifyPlanning(batch, credit(batch), options.alpha),
      loss,
    };
  },
});
