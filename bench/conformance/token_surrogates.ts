/**
 * Losses per token that replace GRPO's clip (CISPO, SAPO, DPPO, KL-Cov, DRO), and GRPO's off-policy sequence mask.
 *
 * - Advantages: given, or group-relative with the conventions of `golden_case.ts`.
 * - CISPO's cap is written in three ways: ends of a band around 1 (`clip`, absolute), the weight itself (`max_ratio`),
 *   both ends of the weight (`is_weight_min`, `is_weight_max`).
 * - The mask's threshold may stand among the expected values only, where it repeats an input.
 *
 * @module
 */

import { type AlgorithmModule, cispo, dppo, dro, grpo, klCov, type Row, sapo } from "../../algorithms/mod.ts";
import {
  batch,
  clip,
  type Entry,
  type GoldenCase,
  groupConventions,
  type Options,
  present,
  type Quantities,
  quantities,
  Unsupported,
} from "./golden_case.ts";

type Trace = Readonly<Record<string, Row | Row[] | undefined>>;

/** Aggregation, of which only the first word is its name, and the KL in the loss. */
function shared(golden: GoldenCase): Options {
  const { hyper, text } = golden;
  const agg = typeof hyper.agg === "string" ? hyper.agg.split(" ")[0] : hyper.agg;
  const beta = hyper.beta ?? 0;
  const kl = beta === 0 ? undefined : hyper.kl ?? /\bk[123](_is)?\b/.exec(text)?.[0];
  return present({ ...batch({ ...golden, hyper: { ...hyper, agg } }), beta, kl });
}

/** A module with its own options and, from its trace and perhaps its trace with other options, its own quantities. */
function entry(
  module: AlgorithmModule,
  own: (golden: GoldenCase) => Options,
  further: (trace: Trace, traceWith: (options: Options) => Trace) => Quantities = () => ({}),
): Entry {
  return function* (golden) {
    for (const choice of golden.advantages ? [{}] : groupConventions(golden)) {
      const options = { ...shared(golden), ...own(golden), ...choice };
      const computed = quantities(module.create(options), golden);
      const advantages = computed.advantages as Row[];
      const credited = golden.responses.map((one, i) => ({ ...one, advantages: advantages[i] }));
      const traceWith = (others: Options) => module.create({ ...options, ...others }).loss(credited).trace;
      yield { ...computed, ...further(traceWith({}), traceWith) };
    }
  };
}

function cispoOptions({ hyper }: GoldenCase): Options {
  const [low, high] = (hyper.clip ?? [hyper.is_weight_min, undefined]) as (number | null | undefined)[];
  const maxWeight = hyper.max_ratio ?? hyper.is_weight_max;
  return {
    // A weight is never below 0 anyway.
    epsilonLow: low ? 1 - low : null,
    ...maxWeight === undefined || maxWeight === null
      ? present({ epsilonHigh: high ? high - 1 : undefined })
      : { epsilonHigh: null, maxWeight },
  };
}

const sapoOptions = ({ hyper }: GoldenCase) => present({ tauPositive: hyper.tau_pos, tauNegative: hyper.tau_neg });

const dppoEntry = (divergence: "tv" | "kl"): Entry =>
  entry(dppo, ({ hyper }) => ({
    divergence,
    ...present({
      thresholdLow: hyper.div_low ?? hyper.threshold,
      thresholdHigh: hyper.div_high ?? hyper.threshold,
      maxWeight: hyper.tis_cap ?? hyper.ratio_cap,
    }),
  }), ({ valid }) => ({ valid, keep_mask: valid }));

/** Pairs of response and position that are marked. */
const places = (marks: readonly Row[]) =>
  marks.flatMap((row, i) => [...row].flatMap((mark, t) => mark === 1 ? [[i, t]] : []));

/**
 * A case marks dropped responses as not alive; that is for the mask to find out, so it is not told. In the files the
 * mask is part of the weight, and the loss of a token is what it would be without.
 */
const offPolicyMask: Entry = (golden) => {
  const threshold = golden.hyper.threshold ?? golden.expected.threshold;
  if (typeof threshold !== "number") throw new Unsupported("an off-policy mask without a threshold");
  const responses = golden.responses.map((one) => ({ ...one, truncated: false }));
  return entry(
    grpo,
    (golden) => ({ ...present(clip(golden)), offPolicyThreshold: threshold }),
    ({ keep, sequenceKl, tokenWeight }, traceWith) => ({
      keep,
      threshold,
      seq_kl: sequenceKl,
      token_loss: traceWith({ offPolicyThreshold: null }).tokenLoss,
      token_weight: (tokenWeight as Row[]).map((row, i) => row.map((weight) => weight * (keep as Row)[i])),
    }),
  )({ ...golden, responses });
};

/** Labels of this family. */
export const tokenSurrogateEntries: Readonly<Record<string, Entry>> = {
  "cispo": entry(cispo, cispoOptions),
  "CISPO (verl)": entry(cispo, cispoOptions),
  "CISPO (TRL)": entry(cispo, cispoOptions),
  "sapo": entry(sapo, sapoOptions),
  "SAPO": entry(sapo, sapoOptions),
  "dppo_tv": dppoEntry("tv"),
  "dppo_kl": dppoEntry("kl"),
  "DPPO-Binary-TV": dppoEntry("tv"),
  "DPPO-Binary-KL": dppoEntry("kl"),
  "dro": entry(dro, ({ hyper }) => present({ droBeta: hyper.dro_beta })),
  "kl_cov": entry(
    klCov,
    ({ hyper }) => present({ share: hyper.kl_cov_ratio, coefficient: hyper.ppo_kl_coef }),
    ({ covariance, selected }) => ({ cov: covariance, selected: places(selected as Row[]) }),
  ),
  "grpo_opsm": offPolicyMask,
};
