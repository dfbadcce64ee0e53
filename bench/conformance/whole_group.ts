/**
 * DisCO, GVPO and DPO: losses over whole groups.
 *
 * - DisCO: the label says which objective, the variant which score (`logL`, `Lratio`) and whether the paper's form or
 *   the authors' program (`form=paper`, `form=code`) is meant.
 * - GVPO: where the variant names no denominator, it is the reference if there are reference log-probs. A sum of squares
 *   is divided by n − 1 where the variant says so.
 * - DPO: a case lists its pairs. Each becomes a group of two with rewards 1 and 0, from which the algorithm makes the
 *   pair again; derivatives of a response that is in several pairs are added.
 *
 * @module
 */

import {
  type Algorithm,
  disco,
  dpo,
  groupIndices,
  gvpo,
  implicitRewardPairLoss,
  type Loss,
  type Response,
  type Row,
  totalReward,
} from "../../algorithms/mod.ts";
import { computedBy, type Entry, type GoldenCase, present, type Quantities, Unsupported } from "./golden_case.ts";

/** Credit and loss of a case's responses. */
function evaluate({ credit, loss }: Algorithm, responses: readonly Response[]): Loss & { advantages: Row[] } {
  const { advantages } = credit(responses);
  return { ...loss(responses.map((response, i) => ({ ...response, advantages: advantages[i] }))), advantages };
}

/** Members of each group by the name that the case gives it, in the order of the case. */
function membersByGroup({ inputs, responses }: GoldenCase): [group: string, members: number[]][] {
  const sources = inputs.responses as { group?: unknown }[] | undefined;
  const name = (i: number) => String(sources?.[i]?.group ?? responses[i].group);
  return groupIndices(responses.map(({ group }) => group)).map((members) => [name(members[0]), members]);
}

/** The variant of a case, without its note, which may speak of other variants. */
const variantOf = ({ text }: GoldenCase): string => text.split("; ")[0];

const KL_TYPES: Readonly<Record<string, string>> = { kl: "k1", low_var_kl: "k3" };

const discoEntry = (objective: "dro" | "mean"): Entry =>
  function* (golden) {
    const { hyper, responses } = golden, variant = variantOf(golden);
    const kl = KL_TYPES[String(hyper.kl_type ?? "kl")];
    if (kl === undefined) throw new Unsupported(`kl_type ${hyper.kl_type}`);
    const algorithm = disco.create(present({
      preset: /\bform=code\b/.test(variant) ? "code" : undefined,
      objective,
      score: /\bLratio\b/.test(variant) ? "likelihood_ratio" : undefined,
      tau: objective === "dro" ? hyper.tau : undefined,
      beta: hyper.beta,
      delta: hyper.delta,
      kl,
    }));
    const { loss, gradient, metrics, trace, advantages } = evaluate(algorithm, responses);
    const softmax = trace.negativeSoftmax as Row | undefined;
    const negatives = membersByGroup(golden).map(([group, members]) =>
      [group, members.filter((i) => advantages[i].some((value) => value < 0))] as const
    ).filter(([, members]) => members.length > 0);
    yield {
      [computedBy]: algorithm.name,
      scores: trace.scores,
      kl: metrics.constraintKl,
      kl_active: metrics.constraintActive,
      neg_softmax: softmax
        ? Object.fromEntries(negatives.map(([group, members]) => [group, members.map((i) => softmax[i])]))
        : {},
      loss,
      grad_logp: gradient,
    };
  };

function* gvpoEntry(golden: GoldenCase): Iterable<Quantities> {
  const { hyper, responses } = golden, variant = variantOf(golden);
  const named = /\bdenominator=(old|ref)/.exec(variant)?.[1];
  const reference = named ? named === "ref" : responses.every((response) => response.referenceLogProbs);
  const algorithm = gvpo.create(present({
    beta: hyper.beta,
    denominator: reference ? "reference" : "old",
    divisor: /n_minus_1|n-1/.test(variant) ? "n_minus_1" : undefined,
  }));
  const { loss, gradient, trace, advantages } = evaluate(algorithm, responses);
  const implicit = trace.implicitReward as Row, residual = trace.residual as Row;
  const beta = algorithm.options.beta as number;
  const difference = (implicit[0] - implicit[1]) / beta;
  const [first, second] = responses.map((response) => totalReward(response));
  yield {
    [computedBy]: algorithm.name,
    implicit_reward: implicit,
    advantages_centered_reward: advantages,
    residual_c: residual,
    sum_of_weights_per_group: Object.fromEntries(
      membersByGroup(golden).map(([group, members]) => [group, members.reduce((sum, i) => sum + residual[i], 0)]),
    ),
    loss,
    grad_logp: gradient,
    ...(responses.length === 2
      ? {
        delta_logratio: difference,
        identity_value: implicitRewardPairLoss(beta, difference, (first ?? 0) - (second ?? 0)),
      }
      : {}),
  };
}

function* dpoEntry(golden: GoldenCase): Iterable<Quantities> {
  const { hyper, inputs, responses } = golden, variant = variantOf(golden);
  const ipo = /\bipo_(sum|len)/.exec(variant)?.[1];
  const algorithm = dpo.create(present({
    loss: ipo ? "ipo" : variant.startsWith("robust") ? "robust" : "sigmoid",
    logRatio: ipo === "len" ? "mean" : "sum",
    beta: hyper.beta,
    // IPO has none, whatever the case says.
    labelSmoothing: ipo ? undefined : hyper.label_smoothing,
  }));
  const pairs = inputs.pairs as (readonly [chosen: number, rejected: number])[] | undefined;
  if (!Array.isArray(pairs)) throw new Unsupported("DPO without a list of pairs");
  const places = pairs.flat();
  const { loss, gradient, trace } = evaluate(
    algorithm,
    places.map((i, place): Response => ({
      ...responses[i],
      group: Math.floor(place / 2),
      rewards: { total: place % 2 === 0 ? 1 : 0 },
    })),
  );
  const sums = responses.map((response) => new Float64Array(response.logProbs.length));
  places.forEach((i, place) => gradient[place].forEach((value, t) => sums[i][t] += value));
  yield {
    [computedBy]: algorithm.name,
    delta: trace.difference,
    margin: trace.margin,
    sigma_minus_margin: trace.misrankProbability,
    loss,
    grad_logp: sums,
  };
}

/** Labels of this family. */
export const wholeGroupEntries: Readonly<Record<string, Entry>> = {
  "DisCO": discoEntry("dro"),
  "DisCO-b": discoEntry("mean"),
  "GVPO": gvpoEntry,
  "DPO": dpoEntry,
};
