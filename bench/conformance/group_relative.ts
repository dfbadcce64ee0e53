/**
 * REINFORCE, RLOO and the plain GRPO family.
 *
 * - Batch baseline: plain, or whitened with the published ddof and eps.
 * - Leave-one-out: plain, or whitened as TRL does. The coefficient of the KL in the reward is 0, or a number found in
 *   the case's note, or the one value that fits the expected advantages best (they are linear in it).
 * - Whether RLOO's loss is the plain policy gradient, clipped per token or clipped per response follows from which
 *   hyper-parameters there are.
 *
 * @module
 */

import { drGrpo, grpo, reinforce, rloo } from "../../algorithms/mod.ts";
import {
  batch,
  clip,
  divisors,
  type Entry,
  entry,
  type GoldenCase,
  groupRelative,
  type Options,
  Unsupported,
} from "./golden_case.ts";

function* batchConventions(golden: GoldenCase): Iterable<Options> {
  yield { whiten: false };
  for (const divisor of divisors(golden)) yield { whiten: true, ...divisor };
}

function rlooOptions(golden: GoldenCase): Options {
  const { hyper } = golden;
  if (hyper.length_normalised_ratio || hyper.scale_by_length) throw new Unsupported("a length-normalised ratio");
  if (hyper.kl) throw new Unsupported("RLOO with KL inside the loss");
  if (hyper.length_normalised_ratio === false) {
    return { ...clip(golden), surrogate: "sequence_clip", aggregation: "seq_mean_token_mean" };
  }
  const clipped = typeof hyper.eps_low === "number";
  return { ...batch(golden), ...(clipped ? clip(golden) : {}), surrogate: clipped ? "token_clip" : "reinforce" };
}

function* rlooConventions(golden: GoldenCase, fixed: Options): Iterable<Options> {
  const { hyper, text, responses, expected } = golden;
  const explicit = hyper.kl_coef_in_reward ?? (hyper.beta || undefined);
  if (explicit !== undefined) {
    yield { rewardBeta: explicit };
    return;
  }
  yield { rewardBeta: 0 };
  yield { rewardBeta: 0, whiten: true };
  if (!responses.every((response) => response.referenceLogProbs)) return;
  for (const [number] of text.matchAll(/(?<![\w.])\d*\.?\d+(?:e-?\d+)?(?![\w])/g)) yield { rewardBeta: Number(number) };
  const at = (rewardBeta: number) =>
    rloo.create({ ...fixed, rewardBeta }).credit(responses).advantages.map((row) => row[0] ?? 0);
  const wanted = expected.advantages;
  if (!Array.isArray(wanted) || wanted.length !== responses.length) return;
  const zero = at(0), slope = at(1).map((value, i) => value - zero[i]);
  const product = slope.reduce((sum, value, i) => sum + value * (Number(wanted[i]) - zero[i]), 0);
  const fit = product / slope.reduce((sum, value) => sum + value * value, 0);
  if (fit >= 0 && Number.isFinite(fit)) yield { rewardBeta: fit };
}

/** Labels of this family. */
export const groupRelativeEntries: Readonly<Record<string, Entry>> = {
  "reinforce": entry(reinforce, batch, batchConventions),
  "rloo": entry(rloo, rlooOptions, rlooConventions),
  "grpo": groupRelative(grpo),
  "dr_grpo": groupRelative(drGrpo),
  "GRPO with KL": groupRelative(grpo),
  "GRPO(sum-then-normalise)": groupRelative(grpo),
  "GRPO/DAPO/Dr.GRPO aggregation": groupRelative(grpo),
};
