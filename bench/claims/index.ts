/**
 * The claims of papers that Podium tests, one data file each (`data/`, documented by `claim.schema.json`).
 *
 * **Pre-registered**: a file says what is compared, in which column and by what margin, and stands in the history before
 * the first run of suite `claims`. Margins are not touched once there are results. They follow rules, not results:
 *
 * | column | better means by more than | no worse means within |
 * |---|---|---|
 * | accuracy (avg@k), final over best | 1 point | 3 points |
 * | length | half a token, of about thirty | |
 * | entropy | 0.01 nats, of about 0.2 at the start | |
 * | groups without signal, as a share | 2 points; 5 where none should be left | |
 * | format, as a share | | 1 point |
 * | seconds, roughness, brevity | nothing: any difference counts | |
 *
 * Claims about algorithms that learn a prompt are judged by suite `context`, whose policy follows advice; they were written
 * before its first run, too.
 *
 * What was known when they were written: the published numbers, and a run of suite `all` with three seeds and longer
 * training, which holds a few of the same comparisons.
 *
 * @module
 */
import { validated } from "../schema.ts";
import type { Claim } from "./claim.ts";
import schema from "./claim.schema.json" with { type: "json" };
import grpoReachesPpo from "./data/grpo_reaches_ppo.json" with { type: "json" };
import drGrpoShortensWrongAnswers from "./data/dr_grpo_shortens_wrong_answers.json" with { type: "json" };
import dapoClipHigherKeepsEntropy from "./data/dapo_clip_higher_keeps_entropy.json" with { type: "json" };
import dapoDynamicSamplingRemovesDeadGroups from "./data/dapo_dynamic_sampling_removes_dead_groups.json" with {
  type: "json",
};
import gspoIsSteadier from "./data/gspo_is_steadier.json" with { type: "json" };
import gfpoShortens from "./data/gfpo_shortens.json" with { type: "json" };
import gfpoAdaptiveIsBetter from "./data/gfpo_adaptive_is_better.json" with { type: "json" };
import gdpoBeatsTheSum from "./data/gdpo_beats_the_sum.json" with { type: "json" };
import discoBeatsGrpoAndDapo from "./data/disco_beats_grpo_and_dapo.json" with { type: "json" };
import gvpoBeatsGrpoAndDrGrpo from "./data/gvpo_beats_grpo_and_dr_grpo.json" with { type: "json" };
import gvpoIsInsensitiveToBeta from "./data/gvpo_is_insensitive_to_beta.json" with { type: "json" };
import hicraBeatsGrpo from "./data/hicra_beats_grpo.json" with { type: "json" };
import hicraRandomGramsDoNotHelp from "./data/hicra_random_grams_do_not_help.json" with { type: "json" };
import srGrpoIsSmoother from "./data/sr_grpo_is_smoother.json" with { type: "json" };
import temperaturesReduceDeadGroups from "./data/temperatures_reduce_dead_groups.json" with { type: "json" };
import largerGroupsHelp from "./data/larger_groups_help.json" with { type: "json" };
import trainingFreeGrpoImprovesWithoutTraining from "./data/training_free_grpo_improves_without_training.json" with {
  type: "json",
};
import trainingFreeGrpoNeedsGroups from "./data/training_free_grpo_needs_groups.json" with { type: "json" };
import gepaBeatsGrpo from "./data/gepa_beats_grpo.json" with { type: "json" };
import gepaBeatsMipro from "./data/gepa_beats_mipro.json" with { type: "json" };
import gepaParetoBeatsBest from "./data/gepa_pareto_beats_best.json" with { type: "json" };
import gepaMergeHelps from "./data/gepa_merge_helps.json" with { type: "json" };
import gepaReflectionHelps from "./data/gepa_reflection_helps.json" with { type: "json" };

/** All claims, in the order they are listed. */
export const claims: readonly Claim[] = [
  grpoReachesPpo,
  drGrpoShortensWrongAnswers,
  dapoClipHigherKeepsEntropy,
  dapoDynamicSamplingRemovesDeadGroups,
  gspoIsSteadier,
  gfpoShortens,
  gfpoAdaptiveIsBetter,
  gdpoBeatsTheSum,
  discoBeatsGrpoAndDapo,
  gvpoBeatsGrpoAndDrGrpo,
  gvpoIsInsensitiveToBeta,
  hicraBeatsGrpo,
  hicraRandomGramsDoNotHelp,
  srGrpoIsSmoother,
  temperaturesReduceDeadGroups,
  largerGroupsHelp,
  trainingFreeGrpoImprovesWithoutTraining,
  trainingFreeGrpoNeedsGroups,
  gepaBeatsGrpo,
  gepaBeatsMipro,
  gepaParetoBeatsBest,
  gepaMergeHelps,
  gepaReflectionHelps,
].map((file) => validated<Claim>(schema, file, `claim ${file.id}`));
