/**
 * The algorithms of Podium: pure functions of numbers, importable alone, in a browser too.
 *
 * `algorithms` is the whole registry: a plain dictionary. Adding one = a file, a line in it, a line in the conformance
 * table, a test.
 *
 * ```ts
 * import { algorithms, findAlgorithm } from "@podium/rl/algorithms";
 *
 * const lines = Object.values(algorithms).map(({ description }) => `${description.name}: ${description.summary}`);
 * if (lines.length < 4) throw new Error("an algorithm is missing");
 * const { needs } = findAlgorithm("grpo").create({ preset: "trl" });
 * if (needs.reference) throw new Error("TRL's default has no KL");
 * ```
 *
 * @module
 */

import type { AlgorithmModule } from "./algorithm.ts";
import { cispo } from "./cispo.ts";
import { clipCov } from "./clip_cov.ts";
import { dapo } from "./dapo.ts";
import { disco } from "./disco.ts";
import { dpo } from "./dpo.ts";
import { dppo } from "./dppo.ts";
import { drGrpo } from "./dr_grpo.ts";
import { dro } from "./dro.ts";
import { gdpo } from "./gdpo.ts";
import { gfpo } from "./gfpo.ts";
import { gmpo } from "./gmpo.ts";
import { gpg } from "./gpg.ts";
import { grpo } from "./grpo.ts";
import { gspo } from "./gspo.ts";
import { gspoToken } from "./gspo_token.ts";
import { gvpo } from "./gvpo.ts";
import { hicra } from "./hicra.ts";
import { klCov } from "./kl_cov.ts";
import { litePpo } from "./lite_ppo.ts";
import { luspo } from "./luspo.ts";
import { maxrl } from "./maxrl.ts";
import { opo } from "./opo.ts";
import { passAtK } from "./pass_at_k.ts";
import { ppo } from "./ppo.ts";
import { reinforce } from "./reinforce.ts";
import { reinforcePlusPlus } from "./reinforce_plus_plus.ts";
import { remax } from "./remax.ts";
import { rloo } from "./rloo.ts";
import { sapo } from "./sapo.ts";
import { srGrpo } from "./sr_grpo.ts";
import { suggestion } from "./terms/nearest.ts";
import { vespo } from "./vespo.ts";

export * from "./algorithm.ts";
export { cispo, type CispoOptions } from "./cispo.ts";
export { clipCov, type ClipCovOptions } from "./clip_cov.ts";
export { dapo, type DapoOptions } from "./dapo.ts";
export { disco, type DiscoOptions } from "./disco.ts";
export { dpo, type DpoOptions } from "./dpo.ts";
export { dppo, type DppoOptions } from "./dppo.ts";
export { drGrpo, type DrGrpoOptions } from "./dr_grpo.ts";
export { dro, type DroOptions } from "./dro.ts";
export { gdpo, type GdpoOptions } from "./gdpo.ts";
export { gfpo, type GfpoOptions } from "./gfpo.ts";
export { gmpo, type GmpoOptions } from "./gmpo.ts";
export { gpg, type GpgOptions } from "./gpg.ts";
export { grpo, type GrpoOptions } from "./grpo.ts";
export { gspo, type GspoOptions } from "./gspo.ts";
export { gspoToken, type GspoTokenOptions } from "./gspo_token.ts";
export { gvpo, type GvpoOptions } from "./gvpo.ts";
export { hicra, type HicraOptions } from "./hicra.ts";
export { klCov, type KlCovOptions } from "./kl_cov.ts";
export { litePpo, type LitePpoOptions } from "./lite_ppo.ts";
export { luspo, type LuspoOptions } from "./luspo.ts";
export { maxrl, type MaxrlOptions } from "./maxrl.ts";
export { opo, type OpoOptions } from "./opo.ts";
export { passAtK, type PassAtKOptions } from "./pass_at_k.ts";
export { ppo, type PpoOptions } from "./ppo.ts";
export { reinforce, type ReinforceOptions } from "./reinforce.ts";
export { reinforcePlusPlus, type ReinforcePlusPlusOptions } from "./reinforce_plus_plus.ts";
export { remax, type RemaxOptions } from "./remax.ts";
export { rloo, type RlooOptions } from "./rloo.ts";
export { sapo, type SapoOptions } from "./sapo.ts";
export { srGrpo, type SrGrpoOptions } from "./sr_grpo.ts";
export { vespo, type VespoOptions } from "./vespo.ts";

export * from "./context/mod.ts";

export * from "./strategic_grams/clusters.ts";
export * from "./strategic_grams/document_frequency.ts";
export * from "./strategic_grams/matcher.ts";
export * from "./strategic_grams/mining.ts";
export * from "./strategic_grams/n_grams.ts";
export * from "./strategic_grams/semantic_entropy.ts";
export * from "./strategic_grams/similarity.ts";
export * from "./strategic_grams/words.ts";
export * from "./terms/adaptive_kl.ts";
export * from "./terms/aggregation.ts";
export * from "./terms/batch.ts";
export * from "./terms/binary_divergence.ts";
export * from "./terms/clipped_geometric_mean.ts";
export * from "./terms/counter_hash.ts";
export * from "./terms/covariance.ts";
export * from "./terms/credit.ts";
export * from "./terms/critic_credit.ts";
export * from "./terms/critic_options.ts";
export * from "./terms/decoupled_credit.ts";
export * from "./terms/define.ts";
export * from "./terms/difficulty.ts";
export * from "./terms/discriminative.ts";
export * from "./terms/divergences.ts";
export * from "./terms/dynamic_sampling.ts";
export * from "./terms/gae.ts";
export * from "./terms/group_filter.ts";
export * from "./terms/group_loss.ts";
export * from "./terms/group_relative.ts";
export * from "./terms/implicit_reward.ts";
export * from "./terms/kl_constraint.ts";
export * from "./terms/nearest.ts";
export * from "./terms/off_policy_mask.ts";
export * from "./terms/options.ts";
export * from "./terms/outcome_algorithm.ts";
export * from "./terms/overlong.ts";
export * from "./terms/pairs.ts";
export * from "./terms/per_group.ts";
export * from "./terms/planning_credit.ts";
export * from "./terms/policy_loss.ts";
export * from "./terms/preference.ts";
export * from "./terms/process_credit.ts";
export * from "./terms/ratios.ts";
export * from "./terms/returns.ts";
export * from "./terms/reward_channels.ts";
export * from "./terms/rewards.ts";
export * from "./terms/shared_options.ts";
export * from "./terms/signed_reward.ts";
export * from "./terms/soft_maximum.ts";
export * from "./terms/soft_reward.ts";
export * from "./terms/sequence_weight.ts";
export * from "./terms/statistics.ts";
export * from "./terms/streaming_quantiles.ts";
export * from "./terms/surrogate_choice.ts";
export * from "./terms/surrogates.ts";
export * from "./terms/token_loss.ts";
export * from "./terms/value_loss.ts";
export * from "./terms/weighted_surrogate.ts";

/** Every algorithm by its name: baselines, then by the layer in which they differ from GRPO, whole-group losses last. */
export const algorithms: Readonly<Record<string, AlgorithmModule>> = {
  reinforce,
  rloo,
  reinforce_plus_plus: reinforcePlusPlus,
  remax,
  opo,
  gpg,
  ppo,
  grpo,
  dapo,
  gfpo,
  dr_grpo: drGrpo,
  lite_ppo: litePpo,
  gdpo,
  hicra,
  maxrl,
  pass_at_k: passAtK,
  sr_grpo: srGrpo,
  gspo,
  gspo_token: gspoToken,
  luspo,
  gmpo,
  vespo,
  cispo,
  sapo,
  dppo,
  clip_cov: clipCov,
  kl_cov: klCov,
  dro,
  disco,
  gvpo,
  dpo,
};

/**
 * The algorithm called `name`.
 *
 * @throws {RangeError} if there is none, naming the nearest.
 */
export function findAlgorithm(name: string): AlgorithmModule {
  if (Object.hasOwn(algorithms, name)) return algorithms[name];
  throw new RangeError(`Unknown algorithm "${name}"${suggestion(name, Object.keys(algorithms))}`);
}
