/**
 * Algorithms that differ from GRPO in which numbers a group's statistics are taken over: GFPO (a retained set), GDPO
 * (one reward at a time), process supervision (steps), SR-GRPO (a softmax).
 *
 * Layout A has some inputs under `expected`: what GFPO filters by (`metric`, `k`, `std_ddof`, `std_eps`, `normaliser`),
 * GDPO's `rewards_NAME` and `reward_weights`, and the steps. They are read as settings and echoed from what was set.
 *
 * - GFPO: a case that drops rejected responses lists them as not alive, which is not about truncation.
 * - GDPO: all presets are tried, the one that the case's variant names first. Where it names a raw channel and a
 *   condition, the raw channel is given and the project applies the condition; if that is not what was meant, the
 *   channel as given.
 * - SR-GRPO: without a clip range it is the form of its source.
 *
 * @module
 */

import {
  type AlgorithmModule,
  gdpo,
  gfpo,
  groupIndices,
  grpo,
  mean,
  type Response,
  type Row,
  srGrpo,
  standardDeviation,
} from "../../algorithms/mod.ts";
import {
  clip,
  computedBy,
  divisors,
  type Entry,
  type GoldenCase,
  groupConventions,
  groupRelativeOptions,
  type Options,
  present,
  type Quantities,
  quantities,
} from "./golden_case.ts";

/** {@linkcode quantities}, the trace of credit, and the algorithm. */
function compute(module: AlgorithmModule, options: Options, golden: GoldenCase) {
  const algorithm = module.create(options);
  const { trace = {}, metrics } = algorithm.credit(golden.responses);
  return { algorithm, computed: quantities(algorithm, golden), trace, metrics };
}

function* filtered(golden: GoldenCase): Iterable<Quantities> {
  const { expected, inputs } = golden;
  const settings: Options = { ...expected, ...inputs, ...golden.hyper };
  const alive = Array.isArray(settings.alive) ? settings.alive : [];
  const normaliser = settings.normaliser ?? (alive.every(Boolean) ? "all_G" : "retained");
  const responses = normaliser === "retained"
    ? golden.responses.map((response) => ({ ...response, truncated: false }))
    : golden.responses;
  const read = { ...golden, responses };
  const fixed = present({
    ...groupRelativeOptions(read),
    metric: settings.metric,
    keep: settings.k,
    normaliser: normaliser === "retained" ? "retained" : "all",
  });
  for (const divisor of divisors({ ...golden, hyper: settings })) {
    const { algorithm: { options }, computed, trace } = compute(gfpo, { ...fixed, ...divisor }, read);
    const rewards = trace.rewards as Row;
    const retained = [...(trace.retained as Row).keys()].filter((i) => (trace.retained as Row)[i] === 1);
    const kept = groupIndices(responses.map((response) => response.group)).map((members) =>
      members.filter((i) => retained.includes(i)).map((i) => rewards[i])
    );
    yield {
      ...computed,
      metric: options.metric,
      k: options.keep,
      scores: trace.filterScores,
      retained,
      mu_S: kept.map(mean),
      sigma_S: kept.map((values) => standardDeviation(values, options.ddof as number)),
      std_ddof: options.ddof,
      std_eps: options.stdEpsilon,
      normaliser: options.normaliser === "all" ? "all_G" : "retained",
    };
  }
}

function* process(golden: GoldenCase): Iterable<Quantities> {
  const name = "step_end_index_1based_and_reward";
  const steps = (golden.inputs[name] ?? golden.hyper[name] ?? golden.expected[name] ?? []) as [number, number][][];
  const responses = golden.responses.map((response, i) => ({
    ...response,
    steps: steps[i].map(([end, reward]) => ({ end: end - 1, reward })),
  }));
  const read = { ...golden, responses };
  const fixed = present({ ...groupRelativeOptions(read), rewardWeights: null, supervision: "process" });
  for (const convention of groupConventions(golden)) {
    const { computed, trace } = compute(grpo, { ...fixed, ...convention }, read);
    yield {
      ...computed,
      normalised_step_rewards: trace.stepAdvantages,
      [name]: responses.map(({ steps }) => steps.map(({ end, reward }) => [end + 1, reward])),
    };
  }
}

function* softReward(golden: GoldenCase): Iterable<Quantities> {
  const { tau, z_ddof, z_eps, eps_low } = golden.hyper;
  const fixed = present({
    ...groupRelativeOptions(golden),
    ...(eps_low === undefined ? { surrogate: "detached" } : { surrogate: "token_clip", ...clip(golden) }),
    tau,
  });
  for (const divisor of divisors({ ...golden, hyper: { ddof: z_ddof, eps: z_eps } })) {
    const { computed, trace, metrics } = compute(srGrpo, { ...fixed, ...divisor }, golden);
    const { soft_advantage_mean, soft_advantage_std } = metrics;
    yield { ...computed, softmax_weights: trace.softmaxWeights, soft_advantage_mean, soft_advantage_std };
  }
}

/** A response of one token, for tables of rewards. */
const rewarded = (group: number, rewards: readonly (number | null)[]): Response => ({
  group,
  tokens: [0],
  rewards: Object.fromEntries(rewards.map((reward, i) => [String(i), reward])),
  truncated: false,
  logProbs: new Float64Array(1),
  oldLogProbs: new Float64Array(1),
});

const isTable = (value: unknown): value is (number | null)[][] => Array.isArray(value) && value.every(Array.isArray);

/** Pairs of rollouts side by side: each expected key holds rewards, GRPO's advantages and GDPO's. */
function* collapse({ expected, text, hyper }: GoldenCase): Iterable<Quantities> {
  const number = (name: string) => Number(hyper[name] ?? new RegExp(`${name}=([\\d.e-]+)`).exec(text)?.[1]);
  const divisor = { ddof: number("ddof") === 0 ? 0 : 1, stdEpsilon: number("eps") || 0 } as const;
  const rows = Object.entries(expected).map(([name, part]) => {
    const { rewards } = part as { rewards: number[][] };
    const responses = rewards.map((row) => rewarded(0, row));
    return [name, {
      rewards,
      grpo: grpo.create(divisor).credit(responses).advantages.map(([value]) => value),
      gdpo_before_batch_norm: gdpo.create(divisor).credit(responses).trace?.summedAdvantages,
    }];
  });
  yield { [computedBy]: gdpo.description.name, ...Object.fromEntries(rows) };
}

/** Rewards with gaps, one row per response, under both rules. */
function* gaps({ inputs, hyper }: GoldenCase): Iterable<Quantities> {
  const groups = inputs.group as number[], weights = inputs.weights as number[] | undefined;
  const responses = (inputs.rewards as (number | null)[][]).map((row, i) => rewarded(groups[i], row));
  const rewardWeights = weights && Object.fromEntries(weights.map((weight, i) => [String(i), weight]));
  const under = (name: string, missing: "ignore" | "zero") => {
    const options = { preset: "trl", missing, rewardWeights, stdEpsilon: hyper.eps, whitenEpsilon: hyper.eps };
    const { advantages, trace } = gdpo.create(present(options)).credit(responses);
    return {
      [`${name}_per_reward`]: trace?.channelAdvantages,
      [`${name}_summed`]: trace?.summedAdvantages,
      [`${name}_advantages`]: advantages.map(([value]) => value),
    };
  };
  yield { [computedBy]: gdpo.description.name, ...under("trl", "ignore"), ...under("nvlabs", "zero") };
}

/** The responses of either layout with their channels, and options for them: first as raw channel with a condition. */
function* channels(golden: GoldenCase): Iterable<{ responses: Response[]; options: Options }> {
  const { inputs, expected } = golden;
  const columns = Object.entries({ ...expected, ...inputs }).filter(([name]) => /^rewards_./.test(name));
  const responses = columns.length === 0 ? golden.responses : golden.responses.map((response, i) => ({
    ...response,
    rewards: Object.fromEntries(columns.map(([name, column]) => [name.slice(8), (column as (number | null)[])[i]])),
  }));
  const rule = /^(\w+) = (\w+) if (\w+) >= (-?[\d.]+(?:e-?\d+)?) else 0$/.exec(String(inputs.conditioning ?? ""));
  if (rule) {
    const [, name, raw, on, least] = rule, sources = inputs.responses as Record<string, number | null>[];
    yield {
      responses: responses.map((one, i) => ({ ...one, rewards: { ...one.rewards, [name]: sources[i][raw] } })),
      options: { conditions: { [name]: { on, atLeast: Number(least) } } },
    };
  }
  yield { responses, options: {} };
}

function* decoupled(golden: GoldenCase): Iterable<Quantities> {
  const { inputs, expected, hyper, text } = golden;
  if (isTable(inputs.rewards)) return yield* gaps(golden);
  if (golden.responses.length === 0) return yield* collapse(golden);
  const weights = inputs.weights ?? inputs.reward_weights ?? hyper.weights ?? expected.reward_weights;
  const words = text.split(/[^a-z_]+/);
  const presets = Object.keys(gdpo.description.presets ?? {})
    .toSorted((a, b) => Number(words.includes(b)) - Number(words.includes(a)));
  for (const { responses, options } of channels(golden)) {
    const read = { ...golden, responses, inputs: { ...inputs, weights } };
    const fixed = present({
      ...groupRelativeOptions(read),
      ddof: hyper.ddof ?? hyper.std_ddof,
      stdEpsilon: hyper.std_eps,
      ...options,
    });
    for (const preset of presets) {
      const { computed, trace } = compute(gdpo, { preset, dualClip: null, ...fixed }, read);
      const given = responses[0].rewards;
      yield {
        ...computed,
        per_reward: trace.channelAdvantages,
        summed: trace.summedAdvantages,
        batch_mean: trace.batchMean,
        batch_std: trace.batchStd,
        reward_weights: weights,
        ...Object.fromEntries(
          Object.keys(given).map((name) => [`rewards_${name}`, responses.map(({ rewards }) => rewards[name])]),
        ),
      };
    }
  }
}

/** Labels of this family. */
export const groupStatisticsEntries: Readonly<Record<string, Entry>> = {
  "gfpo": filtered,
  "grpo_process": process,
  "sr_grpo": softReward,
  "gdpo": decoupled,
  "GDPO": decoupled,
};
