/**
 * How a golden case is turned into what the project computes for it: the pieces that the tables of labels share.
 *
 * **Conventions.** The files do not always say how an advantage was normalised. An explicit field decides (`ddof`,
 * `std_ddof`, `std_eps`, `scale`, `kl_coef_in_reward`; `eps` too where the case gives no advantages). Otherwise an
 * entry offers a small fixed set of published conventions, and the one whose advantages equal the expected advantages
 * is taken; loss, gradient and everything else must then match independently:
 *
 * - group-relative: scale group, batch or none; ddof 0 or 1; eps 0, 1e-4 (TRL), 1e-5, 1e-6 (verl), 1e-8 (oat).
 *
 * A case that expects advantages of exactly 0 from a fixture whose rewards differ is about equal rewards, as its note
 * says; if no convention gives 0, it is evaluated with equal rewards. A case that gives advantages as inputs is
 * evaluated from these.
 *
 * @module
 */

import type { Algorithm, AlgorithmModule, Response, Row } from "../../algorithms/mod.ts";

/** One case, in the same form for both layouts. */
export interface GoldenCase {
  /** Name in the file; for messages only. */
  id: string;
  /** Label that selects the entry. */
  algorithm: string;
  /** Hyper-parameters as written. */
  hyper: Readonly<Record<string, unknown>>;
  /** `variant`, `note` and `defined_by`, joined. */
  text: string;
  /** The `inputs` object, or the fixture. */
  inputs: Readonly<Record<string, unknown>>;
  /** The responses, if the inputs have any. */
  responses: Response[];
  /** Advantage per token, if the inputs give advantages. */
  advantages?: Row[];
  /** Expected quantities by name. */
  expected: Readonly<Record<string, unknown>>;
}

/** Computed quantities, under the names that the files use; `undefined` where the project cannot compute one. */
export type Quantities = Readonly<Record<string, unknown>> & { readonly [computedBy]?: string };

/** Key of the registry name of the algorithm that computed {@linkcode Quantities}. No key of a file, so not compared. */
export const computedBy: unique symbol = Symbol("computed by");

/** One {@linkcode Quantities} per convention; the first whose advantages are the expected ones counts. */
export type Entry = (golden: GoldenCase) => Iterable<Quantities>;

/** A case or table that asks for what the project does not have. */
export class Unsupported extends Error {}

/** Options of an algorithm, as far as a case fixes them. */
export type Options = Record<string, unknown>;

/** Published values of what is added to a standard deviation. */
export const EPSILONS = [0, 1e-4, 1e-6, 1e-8, 1e-5];

/** Leaves out what is null or absent, so that an algorithm's own default holds. */
export function present(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null && value !== undefined));
}

/** Everything a configured algorithm says about a case. */
export function quantities(
  { name, credit, loss }: Algorithm,
  { responses, advantages: given }: GoldenCase,
): Quantities {
  const credited = given ? { advantages: given, trace: {} as Record<string, unknown> } : credit(responses);
  const { advantages, trace } = credited;
  const result = loss(responses.map((response, i) => ({ ...response, advantages: advantages[i] })));
  return {
    [computedBy]: name,
    advantages,
    shaped_rewards: trace?.rewards,
    reward_sum: trace?.rewards,
    loss: result.loss,
    grad_logp: result.gradient,
    ratio: result.trace.ratio,
    token_loss: result.trace.tokenLoss,
    token_weight: result.trace.tokenWeight,
    token_kl: result.trace.tokenKl,
    clipped_tokens: result.trace.clipped,
    seq_ratio: result.trace.sequenceRatio,
    seq_clipped: result.trace.sequenceClipped,
  };
}

/**
 * Whether a case is about equal rewards. Layout A says that in words alone: such a case names a fixture whose rewards
 * differ, and expects advantages of exactly 0.
 */
function aboutEqualRewards({ expected: { advantages } }: GoldenCase): boolean {
  return Array.isArray(advantages) && advantages.flat().every((value) => value === 0);
}

/** The usual entry: a module, its options from the case, and the conventions to try. */
export function entry(
  module: AlgorithmModule,
  options: (golden: GoldenCase) => Options,
  conventions: (golden: GoldenCase, fixed: Options) => Iterable<Options>,
): Entry {
  return function* (golden) {
    const fixed = present(options(golden));
    const choices = golden.advantages ? [{}] : conventions(golden, fixed);
    for (const choice of choices) yield quantities(module.create({ ...fixed, ...choice }), golden);
    if (aboutEqualRewards(golden)) {
      const responses = golden.responses.map((response) => ({ ...response, rewards: { total: 0.1 } }));
      yield quantities(module.create(fixed), { ...golden, responses });
    }
  };
}

/** Aggregation, its constant, and masked responses. */
export function batch({ hyper, responses }: GoldenCase): Options {
  const aggregation = typeof hyper.agg === "string" ? hyper.agg.replaceAll("-", "_") : undefined;
  return {
    aggregation,
    maxLength: aggregation === "seq_mean_token_sum_norm" ? hyper.L_max ?? hyper.horizon : undefined,
    maskTruncated: responses.some((response) => response.truncated) ? true : undefined,
  };
}

/** Bounds of the ratio. */
export function clip({ hyper, advantages }: GoldenCase): Options {
  const epsilon = advantages ? hyper.eps : undefined;
  return {
    epsilonLow: hyper.eps_low ?? epsilon,
    epsilonHigh: hyper.eps_high ?? epsilon,
    dualClip: hyper.dual_clip,
    delta: hyper.delta,
  };
}

/** Options of the GRPO family. */
export function groupRelativeOptions(golden: GoldenCase): Options {
  const { hyper, text, inputs, responses } = golden;
  const beta = hyper.beta ?? 0;
  const weights = inputs.weights as number[] | undefined;
  return {
    ...batch(golden),
    ...clip(golden),
    beta,
    kl: beta === 0 ? undefined : hyper.kl ?? /\bk[123](_is)?\b/.exec(text)?.[0],
    rewardWeights: weights && responses.length > 0
      ? Object.fromEntries(Object.keys(responses[0].rewards).map((name, i) => [name, weights[i]]))
      : undefined,
  };
}

/** The ddof and eps that the case fixes, else all that are published. */
export function divisors({ hyper }: GoldenCase): { ddof: unknown; stdEpsilon: unknown }[] {
  const ddof = hyper.ddof ?? hyper.std_ddof, epsilon = hyper.std_eps ?? hyper.eps;
  const ddofs = ddof === undefined ? [0, 1] : [ddof], epsilons = epsilon === undefined ? EPSILONS : [epsilon];
  return ddofs.flatMap((ddof) => epsilons.map((stdEpsilon) => ({ ddof, stdEpsilon })));
}

/** Scale, ddof and eps of a group-relative advantage. */
export function* groupConventions(golden: GoldenCase): Iterable<Options> {
  const scales = golden.hyper.scale === undefined ? ["group", "none", "batch"] : [golden.hyper.scale];
  for (const scale of scales) {
    if (scale === "none") yield { scale };
    else for (const divisor of divisors(golden)) yield { scale, ...divisor };
  }
}

/** The entry of a module whose options are those of the GRPO family. */
export const groupRelative = (module: AlgorithmModule): Entry => entry(module, groupRelativeOptions, groupConventions);
