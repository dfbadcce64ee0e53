/**
 * DAPO, BNPO, and the losses that look at a whole response: GSPO, GSPO-token, LUSPO, GMPO, VESPO.
 *
 * - BNPO is GRPO with the token mean of the local batch; the case's `agg` says so.
 * - Where no `agg` says how responses are weighed, TRL's `loss_type` does, if the note names one.
 * - A case of GSPO-token whose advantages differ within a response gives them under `expected`, where they are read as
 *   the inputs that they are: no reward implies them.
 *
 * @module
 */

import {
  type AlgorithmModule,
  dapo,
  gmpo,
  grpo,
  gspo,
  gspoToken,
  type Loss,
  luspo,
  type Row,
  vespo,
} from "../../algorithms/mod.ts";
import {
  batch,
  clip,
  type Entry,
  entry,
  type GoldenCase,
  groupConventions,
  groupRelative,
  type Options,
  type Quantities,
  Unsupported,
} from "./golden_case.ts";

/** How TRL's loss types weigh a token. */
const LOSS_TYPES: Readonly<Record<string, string>> = {
  grpo: "seq_mean_token_mean",
  bnpo: "token_mean",
  dapo: "token_mean",
};

/** Bounds of the response's ratio, and the weight of a token. */
function sequenceOptions(golden: GoldenCase): Options {
  const { hyper, text } = golden;
  if (hyper.length_normalised_ratio === false) throw new Unsupported("a ratio that is not normalised by length");
  const lossType = /loss_type\W{0,4}(\w+)/.exec(text)?.[1] ?? "";
  const { aggregation, ...rest } = batch(golden);
  return { ...clip(golden), ...rest, aggregation: aggregation ?? LOSS_TYPES[lossType] };
}

/** The same, where the label means that each response counts with its length, unless the case says it does not. */
const ofLength = (scaled: boolean) => (golden: GoldenCase): Options => {
  const { scale_by_length: byLength = scaled } = golden.hyper;
  if (byLength === scaled) return sequenceOptions(golden);
  return { ...sequenceOptions(golden), aggregation: byLength ? "seq_mean_token_sum" : "seq_mean_token_mean" };
};

/** GSPO-token, also with advantages that only its expectations list. */
const tokenwise: Entry = function* (golden) {
  yield* entry(gspoToken, sequenceOptions, groupConventions)(golden);
  const listed = golden.expected.advantages;
  if (golden.advantages || !Array.isArray(listed)) return;
  if (!listed.every(Array.isArray)) return;
  const rows = golden.responses.map(({ logProbs }, i): Row => logProbs.map((_, t) => Number(listed[i]?.[t])));
  yield* entry(gspoToken, sequenceOptions, groupConventions)({ ...golden, advantages: rows });
};

/** The usual entry, with more quantities from the trace of the loss. */
const traced = (
  module: AlgorithmModule,
  options: (golden: GoldenCase) => Options,
  more: (trace: Loss["trace"]) => Quantities,
): Entry =>
  function* (golden) {
    let trace: Loss["trace"] = {};
    const watched: AlgorithmModule = {
      ...module,
      create: (given) => {
        const algorithm = module.create(given);
        const loss: typeof algorithm.loss = (...parameters) => {
          const result = algorithm.loss(...parameters);
          trace = result.trace;
          return result;
        };
        return { ...algorithm, loss };
      },
    };
    for (const found of entry(watched, options, groupConventions)(golden)) yield { ...found, ...more(trace) };
  };

/** Bounds of the token's log-ratio. */
const logClip = (golden: GoldenCase): Options => ({
  ...batch(golden),
  logClipLow: golden.hyper.log_clip_low ?? golden.hyper.log_clip,
  logClipHigh: golden.hyper.log_clip_high ?? golden.hyper.log_clip,
});

/** Shape of the response's weight; layout B says in words that tokens are weighed alike. */
function weightShape(golden: GoldenCase): Options {
  const { k_pos, lambda_pos, k_neg, lambda_neg, agg } = golden.hyper;
  return {
    ...batch(agg === "sum/total tokens" ? { ...golden, hyper: { ...golden.hyper, agg: "token_mean" } } : golden),
    kPositive: k_pos,
    lambdaPositive: lambda_pos,
    kNegative: k_neg,
    lambdaNegative: lambda_neg,
  };
}

const sequence = (module: AlgorithmModule, byLength: boolean) => entry(module, ofLength(byLength), groupConventions);
const geometric = traced(gmpo, logClip, ({ sequenceRatio }) => ({ seq_coef: sequenceRatio }));
const weighted = traced(vespo, weightShape, ({ phi }) => ({ phi }));

/** Labels of this family. */
export const sequenceEntries: Readonly<Record<string, Entry>> = {
  "dapo": groupRelative(dapo),
  "bnpo": groupRelative(grpo),
  "gspo": sequence(gspo, false),
  "gspo_token": tokenwise,
  "luspo": sequence(luspo, true),
  "gmpo": geometric,
  "vespo": weighted,
  "GSPO": sequence(gspo, false),
  "LUSPO": sequence(luspo, true),
  "GMPO": geometric,
  "VESPO": weighted,
};
