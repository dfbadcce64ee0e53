/**
 * Baselines beside GRPO's: Lite PPO, GPG, OPO, ReMax, REINFORCE++, MaxRL and pass@k, and rules of advantage side by
 * side. Conventions, beyond those of `golden_case.ts`:
 *
 * - OPO and ReMax have PPO's clip where a case gives its bounds, and are the plain policy gradient where not.
 * - GPG's factor: the paper's, verl's, or 1.
 * - Whitening over tokens: unbiased or population variance, 1e-8 inside the root or nothing, and 1e-8 added to the
 *   number of tokens, as verl does (layout B), or not.
 * - The coefficient of the KL in the reward of REINFORCE++ and ReMax is the one that the case gives (in layout B as
 *   `beta`), or 0, or one that is published (0.01, 0.001), or a number in the case's note, or the one value that makes
 *   the returns a linear function of the expected advantages.
 * - The reward of the greedy response is an input, wherever a case has it; layout A has it beside the expected values.
 *
 * @module
 */

import {
  type Algorithm,
  type AlgorithmModule,
  drGrpo,
  gpg,
  grpo,
  litePpo,
  maxrl,
  opo,
  passAtK,
  reinforcePlusPlus,
  remax,
  type Response,
  rloo,
  type Row,
} from "../../algorithms/mod.ts";
import {
  batch,
  clip,
  divisors,
  type Entry,
  entry,
  type GoldenCase,
  groupRelativeOptions,
  type Options,
  present,
  type Quantities,
  quantities,
} from "./golden_case.ts";

const clipped = ({ hyper }: GoldenCase) => typeof hyper.eps_low === "number" || typeof hyper.eps_high === "number";

const surrogate = (golden: GoldenCase): Options => ({
  ...batch(golden),
  ...(clipped(golden) ? { ...clip(golden), surrogate: "token_clip" } : {}),
});

/** The usual entry, with the trace of the credit beside what all algorithms have. */
const traced = (
  module: AlgorithmModule,
  options: (golden: GoldenCase) => Options,
  conventions: (golden: GoldenCase, fixed: Options) => Iterable<Options>,
): Entry =>
  function* (golden) {
    const fixed = present(options(golden));
    for (const choice of golden.advantages ? [{}] : conventions(golden, fixed)) {
      const algorithm: Algorithm = module.create({ ...fixed, ...choice });
      const { alpha, returns } = golden.advantages ? {} as never : algorithm.credit(golden.responses).trace!;
      yield { ...quantities(algorithm, golden), alpha, returns };
    }
  };

/** Whitening over tokens, as far as the case fixes it. */
function whitenings({ hyper }: GoldenCase, countEpsilons = [0, 1e-8]): Options[] {
  const ddofs = [hyper.ddof ?? hyper.std_ddof ?? [1, 0]].flat(), epsilons = [hyper.std_eps ?? [1e-8, 0]].flat();
  return ddofs.flatMap((ddof) =>
    epsilons.flatMap((varianceEpsilon) =>
      countEpsilons.map((countEpsilon) => ({ ddof, varianceEpsilon, countEpsilon }))
    )
  );
}

/**
 * The coefficient with which returns are a linear function of the expected advantages. Returns are `outcome − β · kl`,
 * advantages are linear in them: what is left of outcome and kl when that is taken out must be β times each other.
 */
function fittedBeta(golden: GoldenCase, returnsAt: (rewardBeta: number) => Row[]): number {
  const pairs = golden.responses.flatMap(({ mask }, i) => {
    const expected = [golden.expected.advantages].flat()[i] as number | number[] | undefined;
    return Array.from(golden.responses[i].logProbs, (_, t) => [i, t, [expected].flat()[t] ?? expected] as const)
      .filter(([, t]) => mask?.[t] !== 0);
  });
  const centre = (values: number[]) => {
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - average);
  };
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const expected = centre(pairs.map(([, , value]) => Number(value)));
  const residual = (rows: Row[]) => {
    const values = centre(pairs.map(([i, t]) => rows[i][t]));
    const slope = dot(values, expected) / dot(expected, expected);
    return values.map((value, j) => value - slope * expected[j]);
  };
  const outcome = returnsAt(0), shaped = returnsAt(1);
  const kl = residual(outcome.map((row, i) => row.map((value, t) => value - shaped[i][t])));
  return dot(residual(outcome), kl) / dot(kl, kl);
}

/** Coefficients of the KL in the reward, as far as the case fixes it. */
function* rewardBetas(golden: GoldenCase, module: AlgorithmModule, fixed: Options): Iterable<number> {
  const { hyper, text, responses } = golden;
  if (typeof hyper.kl_coef_in_reward === "number") return yield hyper.kl_coef_in_reward;
  if (fixed.rewardBeta !== undefined) return yield fixed.rewardBeta as number;
  yield 0;
  if (fixed.beta || !responses.every((response) => response.referenceLogProbs)) return;
  yield* [0.01, 0.001];
  for (const [number] of text.matchAll(/(?<![\w.])\d*\.?\d+(?:e-?\d+)?(?![\w])/g)) yield Number(number);
  const fitted = fittedBeta(
    golden,
    (rewardBeta) => module.create({ ...fixed, rewardBeta }).credit(responses).trace!.returns as Row[],
  );
  if (fitted >= 0 && Number.isFinite(fitted)) yield fitted;
}

/** REINFORCE++, plain; in layout A `beta` is the KL in the loss, in layout B that in the reward. */
const plain = (betaIsInReward: boolean): Entry =>
  traced(
    reinforcePlusPlus,
    (golden) => {
      const { hyper } = golden;
      const beta = betaIsInReward ? 0 : hyper.beta ?? 0;
      return {
        ...batch(golden),
        ...clip(golden),
        gamma: hyper.gamma,
        beta,
        kl: beta === 0 ? undefined : hyper.kl,
        rewardBeta: betaIsInReward ? hyper.beta ?? 0 : beta === 0 ? undefined : 0,
      };
    },
    function* (golden, fixed) {
      for (const rewardBeta of rewardBetas(golden, reinforcePlusPlus, fixed)) {
        for (const whitening of whitenings(golden, betaIsInReward ? [1e-8, 0] : [0, 1e-8])) {
          yield { rewardBeta, ...whitening };
        }
      }
    },
  );

/** Each response with the reward of the greedy one, from wherever the case has it. */
function withGreedyRewards(golden: GoldenCase): GoldenCase {
  const { inputs, expected } = golden;
  const sources = inputs.responses as { greedy_reward?: number | null }[] | undefined;
  const column = (inputs.greedy_reward ?? expected.greedy_reward) as (number | null)[] | undefined;
  const responses = golden.responses.map((response, i): Response => {
    const total = sources?.[i]?.greedy_reward ?? column?.[i];
    return total === undefined ? response : { ...response, greedyRewards: { total } };
  });
  return { ...golden, responses };
}

const remaxEntry: Entry = function* (golden) {
  const greedy = withGreedyRewards(golden);
  const entry = traced(remax, surrogate, function* (golden, fixed) {
    for (const rewardBeta of rewardBetas(golden, remax, fixed)) yield { rewardBeta };
  });
  const greedyReward = greedy.responses.map((response) => response.greedyRewards?.total);
  for (const result of entry(greedy)) yield { ...result, greedy_reward: greedyReward };
};

/** Rules side by side on one table of rewards, one row per prompt, with the lengths of all responses. */
function* advantageRules({ inputs, hyper }: GoldenCase): Iterable<Quantities> {
  const rewards = inputs.rewards as (number | null)[][], lengths = (inputs.lengths ?? []) as number[];
  let index = 0;
  const responses = rewards.flatMap((row, group) =>
    row.map((total): Response => {
      const logProbs = new Float64Array(lengths[index++] ?? 1);
      return { group, tokens: logProbs, rewards: { total }, truncated: false, logProbs, oldLogProbs: logProbs };
    })
  );
  const advantages = (module: AlgorithmModule, options: Options) =>
    module.create(options).credit(responses).advantages.map((row) => row[0]);
  const epsilon = hyper.eps ?? 0;
  yield {
    grpo_std: advantages(grpo, { ddof: 1, stdEpsilon: epsilon }),
    dr_grpo: advantages(drGrpo, {}),
    maxrl: advantages(maxrl, { lowestReward: null, meanEpsilon: epsilon }),
    rloo: advantages(rloo, { rewardBeta: 0 }),
    reinforce_pp_baseline_verl: advantages(reinforcePlusPlus, { preset: "verl", form: "baseline" }),
    batch_std_TRL: advantages(litePpo, { preset: "trl" }),
  };
}

/** Labels of this family. */
export const baselineEntries: Readonly<Record<string, Entry>> = {
  "lite_ppo": entry(
    litePpo,
    groupRelativeOptions,
    (golden) => divisors(golden).map((divisor) => ({ scale: golden.hyper.scale ?? "batch", ...divisor })),
  ),
  "gpg": traced(
    gpg,
    batch,
    () => ["groups_with_signal", "nonzero_rewards", "none"].map((alpha) => ({ alpha })),
  ),
  "opo": entry(opo, surrogate, () => [{}]),
  "remax": remaxEntry,
  "reinforce++": plain(false),
  "REINFORCE++": plain(true),
  "reinforce++_baseline": traced(
    reinforcePlusPlus,
    (golden) => {
      const { hyper } = golden, beta = hyper.beta ?? 0;
      const kl = beta === 0 ? undefined : hyper.kl;
      return { ...batch(golden), ...clip(golden), form: "baseline", rewardBeta: 0, beta, kl };
    },
    (golden) => whitenings(golden),
  ),
  "grpo_passk": entry(
    passAtK,
    (golden) => ({ ...batch(golden), ...clip(golden) }),
    function* (golden) {
      const { scale } = golden.hyper;
      if (scale !== "none") { for (const divisor of divisors(golden)) yield { scale: "group", ...divisor }; }
      if (scale === undefined || scale === "none") yield { scale: "none" };
    },
  ),
  "advantage rules": advantageRules,
};
