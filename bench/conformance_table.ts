/**
 * How each algorithm of a golden file is run: one entry per label in the files' `algorithm` field.
 *
 * An entry turns a case into the quantities that the project computes for it, under the names the files use. It reads
 * the label, the hyper-parameters and the inputs, never the id.
 *
 * **Conventions.** The files do not always say how an advantage was normalised. An explicit field decides (`ddof`,
 * `std_ddof`, `std_eps`, `scale`, `kl_coef_in_reward`; `eps` too where the case gives no advantages). Otherwise an
 * entry offers a small fixed set of published conventions, and the one whose advantages equal the expected advantages
 * is taken; loss, gradient and everything else must then match independently:
 *
 * - group-relative: scale group, batch or none; ddof 0 or 1; eps 0, 1e-4 (TRL), 1e-5, 1e-6 (verl), 1e-8 (oat);
 * - batch baseline: plain, or whitened with the same ddof and eps;
 * - leave-one-out: plain, or whitened as TRL does. The coefficient of the KL in the reward is 0, or a number found in
 *   the case's note, or the one value that fits the expected advantages best (they are linear in it).
 *
 * A case that expects advantages of exactly 0 from a fixture whose rewards differ is about equal rewards, as its note
 * says; if no convention gives 0, it is evaluated with equal rewards.
 *
 * Whether RLOO's loss is the plain policy gradient, clipped per token or clipped per response follows from which
 * hyper-parameters there are. A case that gives advantages as inputs is evaluated from these.
 *
 * @module
 */

import {
  type Aggregation,
  type Algorithm,
  type AlgorithmModule,
  clippedSurrogate,
  drGrpo,
  groupAdvantage,
  grpo,
  klDivergence,
  type KlEstimator,
  leaveOneOut,
  mean,
  reinforce,
  type Response,
  rloo,
  type Row,
  standardDeviation,
  tokenWeights,
} from "../algorithms/mod.ts";

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
export type Quantities = Readonly<Record<string, unknown>>;

/** One {@linkcode Quantities} per convention; the first whose advantages are the expected ones counts. */
export type Entry = (golden: GoldenCase) => Iterable<Quantities>;

/** A case or table that asks for what the project does not have. */
export class Unsupported extends Error {}

type Options = Record<string, unknown>;

const EPSILONS = [0, 1e-4, 1e-6, 1e-8, 1e-5];

/** Leaves out what is null or absent, so that an algorithm's own default holds. */
function present(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null && value !== undefined));
}

/** Everything a configured algorithm says about a case. */
function quantities({ credit, loss }: Algorithm, { responses, advantages: given }: GoldenCase): Quantities {
  const credited = given ? { advantages: given, trace: {} as Record<string, unknown> } : credit(responses);
  const { advantages, trace } = credited;
  const result = loss(responses.map((response, i) => ({ ...response, advantages: advantages[i] })));
  return {
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
function entry(
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
function batch({ hyper, responses }: GoldenCase): Options {
  const aggregation = typeof hyper.agg === "string" ? hyper.agg.replaceAll("-", "_") : undefined;
  return {
    aggregation,
    maxLength: aggregation === "seq_mean_token_sum_norm" ? hyper.L_max ?? hyper.horizon : undefined,
    maskTruncated: responses.some((response) => response.truncated) ? true : undefined,
  };
}

function clip({ hyper, advantages }: GoldenCase): Options {
  const epsilon = advantages ? hyper.eps : undefined;
  return {
    epsilonLow: hyper.eps_low ?? epsilon,
    epsilonHigh: hyper.eps_high ?? epsilon,
    dualClip: hyper.dual_clip,
    delta: hyper.delta,
  };
}

function groupRelativeOptions(golden: GoldenCase): Options {
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
function divisors({ hyper }: GoldenCase): { ddof: unknown; stdEpsilon: unknown }[] {
  const ddof = hyper.ddof ?? hyper.std_ddof, epsilon = hyper.std_eps ?? hyper.eps;
  const ddofs = ddof === undefined ? [0, 1] : [ddof], epsilons = epsilon === undefined ? EPSILONS : [epsilon];
  return ddofs.flatMap((ddof) => epsilons.map((stdEpsilon) => ({ ddof, stdEpsilon })));
}

function* groupConventions(golden: GoldenCase): Iterable<Options> {
  const scales = golden.hyper.scale === undefined ? ["group", "none", "batch"] : [golden.hyper.scale];
  for (const scale of scales) {
    if (scale === "none") yield { scale };
    else for (const divisor of divisors(golden)) yield { scale, ...divisor };
  }
}

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

const groupRelative = (module: AlgorithmModule) => entry(module, groupRelativeOptions, groupConventions);

/** Rules side by side on one table of rewards, one row per prompt. */
function* advantageRules({ inputs, hyper }: GoldenCase): Iterable<Quantities> {
  const rewards = inputs.rewards as (number | null)[][];
  const responses = rewards.flatMap((row, group) =>
    row.map((total): Response => ({
      group,
      tokens: [0],
      rewards: { total },
      truncated: false,
      logProbs: new Float64Array(1),
      oldLogProbs: new Float64Array(1),
    }))
  );
  const advantages = (module: AlgorithmModule, options: Options) =>
    module.create(options).credit(responses).advantages.map((row) => row[0]);
  const stdEpsilon = hyper.eps ?? 0;
  yield {
    grpo_std: advantages(grpo, { ddof: 1, stdEpsilon }),
    dr_grpo: advantages(drGrpo, {}),
    rloo: advantages(rloo, { rewardBeta: 0 }),
    batch_std_TRL: advantages(grpo, { scale: "batch", ddof: 1, stdEpsilon: 1e-4 }),
  };
}

/** Every label that the project can run. */
export const entries: Readonly<Record<string, Entry>> = {
  "reinforce": entry(reinforce, batch, batchConventions),
  "rloo": entry(rloo, rlooOptions, rlooConventions),
  "grpo": groupRelative(grpo),
  "dr_grpo": groupRelative(drGrpo),
  "GRPO with KL": groupRelative(grpo),
  "GRPO(sum-then-normalise)": groupRelative(grpo),
  "GRPO/DAPO/Dr.GRPO aggregation": groupRelative(grpo),
  "advantage rules": advantageRules,
};

/** What a primitives table says and what the project computes, pair by pair. */
export type Table = (table: unknown) => Iterable<readonly [name: string, expected: unknown, actual: unknown]>;

type Numbers = Record<string, number>;

function* klTable(table: unknown): ReturnType<Table> {
  for (const row of table as Numbers[]) {
    for (const [name, value] of Object.entries(row)) {
      const derivative = name.startsWith("d_");
      const estimator = name.replace(/^d_/, "");
      if (["logp", "ref_logp", "old_logp"].includes(name)) continue;
      const got = klDivergence(estimator as KlEstimator, row.logp, row.ref_logp, row.old_logp);
      if (got === undefined) throw new Unsupported(`estimator ${estimator}`);
      yield [name, value, derivative ? got.derivative : got.value];
    }
  }
}

function* clipTable(table: unknown): ReturnType<Table> {
  for (const row of table as Numbers[]) {
    const surrogate = clippedSurrogate({
      epsilonLow: row.eps_low,
      epsilonHigh: row.eps_high,
      dualClip: row.dual_clip ?? null,
      delta: row.delta ?? null,
    });
    const got = surrogate({
      ratio: row.ratio,
      advantage: row.A,
      logProb: Math.log(row.ratio),
      oldLogProb: 0,
      response: 0,
      position: 0,
    });
    yield ["loss", row.loss, got.loss];
    yield ["d_logp", row.d_logp, got.slope];
  }
}

function* advantageTable(table: unknown): ReturnType<Table> {
  for (const { rewards, ...row } of table as ({ rewards: number[] } & Record<string, unknown>)[]) {
    const groups = rewards.map(() => 0);
    for (const [name, expected] of Object.entries(row)) {
      const std = /^std_ddof([01])$/.exec(name);
      const scaled = /^grpo_(pop|ddof[01])_eps(\d+(?:e_\d+)?)$/.exec(name);
      if (name === "mean") yield [name, expected, mean(rewards)];
      else if (std) yield [name, expected, standardDeviation(rewards, Number(std[1]))];
      else if (scaled) {
        const ddof = scaled[1] === "ddof1" ? 1 : 0, stdEpsilon = Number(scaled[2].replace("_", "-"));
        yield [name, expected, groupAdvantage(rewards, groups, { scale: "group", ddof, stdEpsilon })];
      } else if (name === "dr_grpo") {
        yield [name, expected, groupAdvantage(rewards, groups, { scale: "none", ddof: 0, stdEpsilon: 0 })];
      } else if (name === "rloo") yield [name, expected, leaveOneOut(rewards, groups)];
      else throw new Unsupported(`column ${name}`);
    }
  }
}

function* aggregationTable(table: unknown): ReturnType<Table> {
  const { token_loss, group, L_max, ...parts } = table as {
    token_loss: number[][];
    group: number[];
    L_max: number;
  } & Record<string, Numbers>;
  const rows = token_loss.map((row, i) => ({ group: group[i], truncated: false, logProbs: Float64Array.from(row) }));
  for (const [part, values] of Object.entries(parts)) {
    const masked = /^with_response_(\d+)_masked$/.exec(part);
    if (part !== "values" && !masked) {
      if (typeof values === "string") continue;
      throw new Unsupported(`part ${part}`);
    }
    const alive = rows.map((_, i) => !masked || i !== Number(masked[1]));
    for (const [name, expected] of Object.entries(values)) {
      const weights = tokenWeights(rows, { aggregation: name as Aggregation, maxLength: L_max, alive });
      yield [
        `${part}.${name}`,
        expected,
        weights.flatMap((row, i) => [...row.map((w, t) => w * token_loss[i][t])])
          .reduce((sum, value) => sum + value, 0),
      ];
    }
  }
}

/** Every primitives table that the project can check. */
export const tables: Readonly<Record<string, Table>> = {
  kl_estimators: klTable,
  ppo_clip_table: clipTable,
  group_advantages: advantageTable,
  aggregation: aggregationTable,
};
